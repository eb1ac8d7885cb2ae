"""How many examples there are, and where those that fail are kept."""

import json
import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hypothesis import settings

ASKED = os.environ.get("FUZZ_EXAMPLES")
EXAMPLES = int(ASKED or 500)
CORPUS = Path(__file__).parent.parent / "fuzz_corpus"


Case = Mapping[str, Any]
ran: Counter[str] = Counter()


def examples(share: float) -> settings:
    """Settings for *share* percent of all examples: always the same ones, unless a number was asked for."""
    return settings(max_examples=max(1, int(EXAMPLES * share / 100)), derandomize=ASKED is None)


@contextmanager
def kept(name: str, case: Case) -> Iterator[None]:
    """Write *case* into the corpus when it fails in a long run. Hypothesis tries the smallest failing one last."""
    ran[name] += 1
    try:
        yield
    except Exception as error:
        if ASKED:
            CORPUS.mkdir(exist_ok=True)
            about = re.sub(r"\W+", "_", case.get("lie", type(error).__name__))
            file = CORPUS / f"found_{name}_{about}.json"
            file.write_text(json.dumps({"test": name, "case": case}, indent=1) + "\n", encoding="utf-8")
        raise
