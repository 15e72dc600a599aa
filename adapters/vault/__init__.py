"""Personal text, sealed under a key for each person: what destroys the key erases the text, wherever a copy lies."""

from ventanilla.adapters.vault.keyring import EnvironmentKeys, FileKeys, HostKeys, KeyRing, MemoryKeys, default_keys
from ventanilla.adapters.vault.vault import PutAside, Vault

__all__ = [
    "EnvironmentKeys",
    "FileKeys",
    "HostKeys",
    "KeyRing",
    "MemoryKeys",
    "PutAside",
    "Vault",
    "default_keys",
]
