"""The words that a person's password may not be: their own."""

from auth_portal.accounts.account import Account


def own_words(account: Account) -> tuple[str, ...]:
    """The address, its local part, the names, alone and together (ASVS 5.0 6.2.11)."""
    email = account.email or ""
    first, last = account.first_name, account.last_name
    return (email, email.partition("@")[0], first, last, first + last, last + first)
