"""The hub's settings: a TOML file, overridden by `STORESIDE_HUB_…` in the environment.

``python -m cloud_sync.hub`` and ``storeside hub`` read them, then open the server.
"""

import ssl
import tomllib
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, SecretStr, StringConstraints, ValidationError, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from cloud_sync.errors import SettingsRefused

StoreId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,32}$")]
# 16 characters of base32 are 80 bits: beyond guessing over a network.
Key = Annotated[SecretStr, Field(min_length=16, max_length=256)]

_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class HubSettings(BaseSettings):
    """Everything the hub can be told. An unknown key stops the start."""

    model_config = SettingsConfigDict(
        env_prefix="STORESIDE_HUB_", extra="forbid", frozen=True, env_nested_delimiter="__"
    )

    host: str = Field(default="127.0.0.1", description="address to listen on")
    port: int = Field(default=8480, ge=0, le=65_535, description="0: any free port")
    data_dir: Path = Field(description="folder of the hub's database; made if missing")
    store_keys: dict[StoreId, Key] = Field(description="one key a store, by store id")
    central_key: Key = Field(description="key of the central team: import and audit")
    tls_cert: Path | None = Field(default=None, description="certificate chain, PEM")
    tls_key: Path | None = Field(default=None, description="its private key, PEM")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Let the environment win over the file."""
        del settings_cls, dotenv_settings, file_secret_settings
        return env_settings, init_settings

    @model_validator(mode="after")
    def _hold_together(self) -> Self:
        if (self.tls_cert is None) != (self.tls_key is None):
            raise ValueError("tls_cert and tls_key go together")
        if self.host not in _LOOPBACK and self.tls_cert is None:
            raise ValueError(
                "keys must not cross a network in the clear: set tls_cert, tls_key"
            )
        # The key alone tells who asks: two callers with the same one would be one.
        keys = [self.central_key, *self.store_keys.values()]
        if len({key.get_secret_value() for key in keys}) < len(keys):
            raise ValueError("every store and the central team need a key of their own")
        return self

    def tls(self) -> ssl.SSLContext | None:
        """Open the certificate, if one is set."""
        if self.tls_cert is None or self.tls_key is None:
            return None
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self.tls_cert, self.tls_key)
        return context


def load_settings(file: Path) -> HubSettings:
    """Read the settings file.

    Raises:
        SettingsRefused: it is missing, no TOML, or has a key or value that cannot be used.
    """
    try:
        return HubSettings(**tomllib.loads(file.read_text(encoding="utf-8")))
    except ValidationError as error:
        # Neither the input nor pydantic's own text (hence `from None`): both may hold a key.
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "settings"
        raise SettingsRefused(f"{file}: {where}: {first['msg']}") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsRefused(f"{file}: {error}") from error
