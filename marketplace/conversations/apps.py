from django.apps import AppConfig


class ConversationsConfig(AppConfig):
    name = "marketplace.conversations"
    label = "conversations"
    verbose_name = "Messages"

    def ready(self) -> None:
        from common import ports
        from marketplace.conversations import queries

        ports.unread_threads.plug(queries.unread_threads)
