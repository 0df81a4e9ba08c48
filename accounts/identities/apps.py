from django.apps import AppConfig


class IdentitiesConfig(AppConfig):
    name = "accounts.identities"

    def ready(self) -> None:
        from allauth.account.signals import user_logged_in

        from accounts.identities import sessions

        # behind allauth's own receiver, which writes the row of the session
        user_logged_in.connect(sessions.remember_login, dispatch_uid="identities.remember_login")
