"""Clients of Linksfield's APIs: `linksfield.csss`, `mall`, `payment`, `topup`, `cube` and `esim_qr`."""

from .errors import Error as Error
from .signing import SigningError as SigningError
