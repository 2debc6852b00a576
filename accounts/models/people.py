import secrets

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models.functions import Lower, Now

IDS = range(2**20, 2**30)


class UserManager(BaseUserManager):
    use_in_migrations = True

    def create_user(self, email, password=None, **fields):
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email, password=None, **fields):
        return self.create_user(
            email, password, is_staff=True, is_superuser=True, **fields
        )

    def get_by_natural_key(self, email):
        return self.get(email__iexact=email)


class User(AbstractBaseUser, PermissionsMixin):
    """A person. `is_staff` marks an operator of the whole installation."""

    email = models.EmailField(
        max_length=254,
        unique=True,
        error_messages={"unique": "There is already a person with this e-mail."},
    )
    full_name = models.CharField(max_length=150, blank=True)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    created_at = models.DateTimeField(db_default=Now())
    # The half minute of the last code of an authenticator app that was taken.
    last_code_step = models.BigIntegerField(default=0)

    # The id of the one organisation that the session of this request is good for.
    only_in = None

    objects = UserManager()

    EMAIL_FIELD = "email"
    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = []

    class Meta:
        constraints = [
            # One spelling of each address, so that unique means what it says.
            models.CheckConstraint(
                condition=models.Q(email=Lower("email")), name="user_email_is_lower"
            )
        ]

    def __str__(self):
        return self.email

    def save(self, *args, **kwargs):
        if self.pk is None:
            # Who adds somebody sees the id: one in order would tell whether the
            # address was known before.
            self.pk = secrets.choice(IDS)
            kwargs["force_insert"] = True
        super().save(*args, **kwargs)

    @property
    def name(self):
        return self.full_name or self.email
