"""Personal text, sealed under a key for each person: what destroys the key erases the text, wherever a copy lies."""

from ventanilla.adapters.vault.epochs import Epoch
from ventanilla.adapters.vault.held import Held, HeldAddress, HeldEvent
from ventanilla.adapters.vault.keyring import (
    EnvironmentKeys,
    FileKeys,
    HostKeys,
    KeyRing,
    MemoryKeys,
    RotatingKeys,
    default_keys,
)
from ventanilla.adapters.vault.receipts import Receipt, read_register, write_register
from ventanilla.adapters.vault.vault import PutAside, Vault

__all__ = [
    "EnvironmentKeys",
    "Epoch",
    "FileKeys",
    "Held",
    "HeldAddress",
    "HeldEvent",
    "HostKeys",
    "KeyRing",
    "MemoryKeys",
    "PutAside",
    "Receipt",
    "RotatingKeys",
    "Vault",
    "default_keys",
    "read_register",
    "write_register",
]
