"""The datasets of this repository keep the contract."""

from connector_build.testing import contract_for

test_fts = contract_for("fts")
test_mso = contract_for("mso")
