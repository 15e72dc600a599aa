"""What third parties build against: the hooks, and the host that loads whoever implements them."""

from ventanilla.plugins.hooks import hookimpl
from ventanilla.plugins.host import Found, Host

__all__ = ["Found", "Host", "hookimpl"]
