"""Who works at the desk."""

from typing import Any, ClassVar

from django.contrib.auth.base_user import BaseUserManager
from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower


class MemberManager(BaseUserManager["Member"]):
    """Makes members by e-mail address; there are no user names."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "Member":
        """A member who signs in with this address. Without a password they must set one by mail."""
        if not email:
            raise ValueError("a member needs an e-mail address")
        member = self.model(email=self.normalize_email(email).lower(), **fields)
        member.set_password(password)
        member.save(using=self._db)
        return member

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "Member":
        """Refused by design: rights come from roles, see `manage.py first_admin`."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> "Member":
        return self.get(email__iexact=username)


class Theme(models.TextChoices):
    SYSTEM = "", "As the system"
    LIGHT = "light", "Light"
    DARK = "dark", "Dark"


class Member(AbstractUser):
    """A person who signs in, by e-mail. What they may do comes from their roles, which are groups."""

    username = None  # type: ignore[assignment]
    email = models.EmailField("e-mail address", max_length=254, unique=True)
    display_name = models.CharField("name", max_length=120)
    theme = models.CharField(max_length=5, blank=True, default="", choices=Theme.choices)
    time_zone = models.CharField(max_length=64, blank=True, default="")
    locale = models.CharField(max_length=16, blank=True, default="")

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["display_name"]

    objects: ClassVar[MemberManager] = MemberManager()  # type: ignore[assignment]

    class Meta(AbstractUser.Meta):
        verbose_name = "member"
        verbose_name_plural = "members"
        constraints = [
            models.CheckConstraint(condition=Q(email=Lower("email")), name="member_email_is_in_lower_case"),
        ]

    def __str__(self) -> str:
        return self.display_name or self.email

    def get_full_name(self) -> str:
        return self.display_name or self.email

    def get_short_name(self) -> str:
        return (self.display_name or self.email).split(" ")[0]
