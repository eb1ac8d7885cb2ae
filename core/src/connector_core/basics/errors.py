"""What can go wrong, grouped by who has to act.

Every message is one paragraph that says what happened, where, and what to do; none holds a secret.
"""


class ConnectorError(Exception):
    """The base of every error that this package raises on purpose."""


class ConfigurationError(ConnectorError):
    """The person who set up the connection must act: a setting is missing or wrong, or the key is refused."""


class SourceError(ConnectorError):
    """The API could not be reached or kept failing after every retry: wait for the next sync, or ask its owner."""


class UnexpectedAnswer(ConnectorError):  # noqa: N818  (reads better where it is raised; every other name ends in Error)
    """The API answered, but not as the plugin describes it: the plugin or the API has changed."""


class CircularFeed(UnexpectedAnswer):
    """The API's pages lead back to one that was read already."""


class StalePlace(UnexpectedAnswer):
    """The place in the state does not go with what the API answers: the feed has to be read from its start."""


class LostJob(StalePlace):
    """An export that the API was asked for has failed or is gone: another one has to be made."""


class RequestRejected(UnexpectedAnswer):
    """The API refused one request (400, 404, 410 or 422); with a cursor from the state it means that the cursor is gone."""


class StaleCursor(RequestRejected):
    """By a rule of the plugin the API says that the place to go on from is gone, so the read starts over."""


class DeliveryError(ConnectorError):
    """Fivetran's SDK did not take a row or a state: a column's declared type is wrong, or the state is too large."""


class InternalError(ConnectorError):
    """Nobody foresaw it: the machine ran out of something, or this package has a fault. The message says which."""


class PluginError(ConnectorError):
    """The plugin's author must act: a hook or a value that it returned cannot be used."""


class HookError(PluginError):
    """A ``connector_…`` function is no hook, is not marked as one, or answers with a value of another type."""


class WrongCallError(PluginError, TypeError):
    """A public name was called with an argument that it does not take, or without one that it needs."""


class UnkeptNameError(PluginError):
    """A name that Fivetran would change, or keeps for itself."""


class NameTakenError(PluginError):
    """A name that is claimed twice."""


class KeyColumnsError(PluginError):
    """A primary key without columns, or with one that is not declared."""


class ColumnTypeError(PluginError):
    """A column type that the Connector SDK does not take."""
