"""The connector as Fivetran runs it. Of this package, only this module imports the Connector SDK."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from attrs import frozen
from fivetran_connector_sdk import ConfigurationForm, Connector, Logging, Operations, Test, form_field

from connector_core.basics.errors import ConnectorError
from connector_core.engine.sync import sync
from connector_core.plugin.assembly import Assembly, Plugin, assemble
from connector_core.runtime.deferral import Deferring, deferred_truncate
from connector_core.runtime.setup_test import setup_test
from connector_core.source.settings import Setting
from connector_core.source.tables import Undeclared


def connector_for(
    plugins: Mapping[str, Any],
    enable: Iterable[str] = (),
    disable: Iterable[str] = (),
    dataset: str = "the connector",
    undeclared: Undeclared | None = None,
) -> Connector:
    """The SDK's ``Connector`` for *plugins* (name with version → module, the dataset's own first), some options switched.

    *undeclared* is what becomes of fields that nobody declared, as for ``assemble``.

    Raises PluginError when they cannot be assembled. Nothing is logged here: the SDK cannot log before a sync begins.
    """
    assembly = assemble([Plugin(name, module) for name, module in plugins.items()], enable, disable, undeclared)

    operations = operations_for(assembly)

    def schema(configuration: Mapping[str, Any]) -> list[dict[str, Any]]:  # noqa: ARG001  (the SDK's signature)
        return assembly.schema

    def update(configuration: Mapping[str, Any], state: Mapping[str, Any]) -> None:
        failure = _failure(assembly, configuration, state, operations)
        if failure is not None:
            # Ahead of the error, because the dashboard shows what it is told here and little of what is raised. Some versions of
            # the SDK raise on their own then, and others return.
            _tell("error", str(failure))
            raise failure

    return Connector(update=update, schema=schema, configuration_form=_form_of(assembly, dataset))


def _failure(
    assembly: Assembly, configuration: Mapping[str, Any], state: Mapping[str, Any], operations: "_Operations"
) -> ConnectorError | None:
    """Sync. What goes wrong comes back, not raised, so that nothing hangs on it."""
    try:
        sync(assembly, configuration, state, operations, _Log())
    except ConnectorError as error:
        return type(error)(str(error))
    return None


def _tell(kind: str, message: str) -> None:
    """Say *message* where whoever looks at the dashboard sees it, if this version of the SDK can."""
    operation = getattr(Operations, kind, None)
    if operation is not None:
        operation(message)


class _Log:
    """The SDK's log."""

    info = staticmethod(Logging.info)
    warning = staticmethod(Logging.warning)

    def alert(self, message: str) -> None:
        Logging.warning(message)
        _tell("warning", message)


def operations_for(assembly: Assembly) -> Any:
    """The SDK's operations, with its deferred truncate where it has one; columns of decimals as the texts that it takes."""
    decimals = {table["table"]: _decimals(table["columns"]) for table in assembly.schema}
    used = {table: names for table, names in decimals.items() if names}
    ours: Any = _Operations(used) if used else Operations
    at_end = deferred_truncate(Operations)
    return ours if at_end is None else Deferring(ours.upsert, ours.delete, ours.truncate, ours.checkpoint, at_end)


def _decimals(columns: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(name for name, kind in columns.items() if isinstance(kind, dict))


@frozen
class _Operations:
    """The SDK's operations, with decimals made into texts on the way; any other value is taken as the engine has it.

    decimals: table → its columns of decimals.
    """

    decimals: Mapping[str, Sequence[str]]

    def upsert(self, table: str, data: dict[str, Any]) -> None:
        Operations.upsert(table, self._written(table, data))

    def delete(self, table: str, keys: dict[str, Any]) -> None:
        Operations.delete(table, self._written(table, keys))

    truncate = staticmethod(Operations.truncate)
    checkpoint = staticmethod(Operations.checkpoint)

    def _written(self, table: str, data: dict[str, Any]) -> dict[str, Any]:
        names = [name for name in self.decimals.get(table, ()) if data.get(name).__class__ is Decimal]
        return data | {name: format(data[name], "f") for name in names} if names else data


def _form_of(assembly: Assembly, dataset: str) -> Callable[[], ConfigurationForm]:
    """The setup form: a field for each setting, and one test, which makes a request."""

    def read_one_record(configuration: Mapping[str, Any]) -> Any:
        fault = setup_test(assembly, configuration)
        return Test.success() if fault is None else Test.failure(fault)

    def configuration_form() -> ConfigurationForm:
        form = ConfigurationForm()
        for setting in assembly.settings:
            form.add_field(_field(setting))
        return form.add_test(label=f"Read one record of {dataset}", func=read_one_record)

    return configuration_form


def _field(setting: Setting) -> Any:
    """The form's field for *setting*. One that is left empty holds the default, which the description and the hint name."""
    about = {"description": setting.about, "required": setting.required and setting.when is None}
    if setting.kind == "choice":
        options = [form_field.DropdownFieldParam(value=choice) for choice in setting.choices]
        return form_field.DropdownField(setting.name, setting.label, fields=options, **about)
    if setting.kind == "flag":
        return form_field.ToggleField(setting.name, setting.label, **about)
    kind = form_field.TextField.password if setting.secret else form_field.TextField.plain_text
    return form_field.TextField(setting.name, setting.label, kind, placeholder=setting.default, **about)
