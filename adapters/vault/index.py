"""The blind index: an address is found by a keyed digest of it, which says nothing to whoever lacks the key."""

from __future__ import annotations

import hashlib
import hmac
import json
import unicodedata


def blind(key: bytes, kind: str, provider: str | None, address: str) -> bytes | None:
    """Return the digest under which an address is found; ``None`` if nothing of it is left that could be told apart.

    Args:
        key: The key of the index.
        kind: Of which sort the address is: ``"mail"``, ``"phone"``, …
        provider: Where it is one; ``None`` where that says nothing.
        address: The address, as somebody wrote it.
    """
    same = normal(kind, address)
    said = json.dumps([kind, provider or "", same], ensure_ascii=False).encode()
    return hmac.digest(key, said, hashlib.sha256) if same else None


def normal(kind: str, address: str) -> str:
    """Return *address* as all ways to write it are counted: a mail address in small letters, a number in digits.

    Example:
        >>> normal("mail", " Ana@Example.ORG "), normal("phone", "+34 (91) 555-01-99"), normal("social", "Ana ")
        ('ana@example.org', '+34915550199', 'Ana')
    """
    text = unicodedata.normalize("NFKC", address).strip()
    if kind == "mail":
        return unicodedata.normalize("NFKC", text.casefold())
    if kind == "phone":
        digits = "".join(str(unicodedata.decimal(sign)) for sign in text if sign.isdecimal())
        return f"+{digits}" if digits and text.startswith("+") else digits
    return address.strip()
