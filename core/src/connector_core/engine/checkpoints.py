"""When to checkpoint: often at first, seldom in a long sync, and never more than a minute of work apart."""

from attrs import frozen


@frozen
class CheckpointPolicy:
    """The distance between two checkpoints.

    records: the shortest distance, in records.
    share:   the distance grows to this share of the records that the sync has delivered.
    seconds: the longest distance; the first page that ends after it is followed by a checkpoint.
    """

    records: int = 100
    share: float = 0.1
    seconds: float = 60.0

    def due(self, since: int, delivered: int, seconds: float) -> bool:
        """Whether a checkpoint is due *since* records and *seconds* after the last, with *delivered* records in this sync."""
        return since >= max(self.records, self.share * delivered) or seconds >= self.seconds
