"""A client certificate: TLS itself says who asks."""

import ssl
import tempfile

from attrs import field, frozen
from requests import PreparedRequest
from requests.auth import AuthBase

from connector_core.auth.jwt_bearer import pem
from connector_core.auth.tokens import Line
from connector_core.basics.errors import ConfigurationError
from connector_core.basics.wire import create_urllib3_context
from connector_core.source.configuration import Configuration
from connector_core.source.settings import Setting


@frozen
class ClientCertificate:
    """A certificate and its private key, PEM files given in base64, shown to the API in the TLS handshake.

    certificate_setting: the setting that holds the certificate, with its chain if the API needs it.
    key_setting:         the (secret) setting that holds the key.
    password_setting:    the (secret) setting that holds the key's password; None for a key without one.
    """

    certificate_setting: str = "client_certificate"
    key_setting: str = "client_key"
    password_setting: str | None = None

    @property
    def settings(self) -> tuple[Setting, ...]:
        """Certificate and key."""
        found = [
            Setting(self.certificate_setting, description="Client certificate, a PEM file in base64.", secret=True),
            Setting(self.key_setting, description="Private key of the certificate, a PEM file in base64.", secret=True),
        ]
        if self.password_setting:
            found.append(Setting(self.password_setting, description="Password of the private key.", secret=True))
        return tuple(found)

    def __call__(self, configuration: Configuration) -> AuthBase:
        text = f"{pem(configuration, self.certificate_setting)}\n{pem(configuration, self.key_setting)}\n"
        context = create_urllib3_context()
        # The ssl module reads files only. This one is readable by its owner alone (0600), and gone after this block.
        with tempfile.NamedTemporaryFile("w", encoding="ascii") as file:
            file.write(text)
            file.flush()
            try:
                # Never None: OpenSSL would ask on the terminal for the password of an encrypted key.
                context.load_cert_chain(file.name, password=configuration[self.password_setting] if self.password_setting else "")
            except (ssl.SSLError, OSError, ValueError):
                names = ", ".join(setting.name for setting in self.settings)
                raise ConfigurationError(
                    f"The client certificate cannot be used: {names} do not belong together, or one is damaged. "
                    "Check them in the configuration."
                ) from None
        return _CertificateAuth(context)


@frozen(eq=False)
class _CertificateAuth(AuthBase):
    context: ssl.SSLContext = field(repr=False)

    def attach(self, line: Line) -> None:
        line.present(self.context)

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        return request
