from django.db import migrations

from common import sql

UNDO = """
DROP FUNCTION unread_threads;
DROP FUNCTION conversations_guard, conversations_guard_message CASCADE;
DROP TRIGGER conversations_conversation_never_deleted ON conversations_conversation;
DROP TRIGGER conversations_message_append_only ON conversations_message;
DROP TRIGGER conversations_attachment_append_only ON conversations_attachment;
"""


class Migration(migrations.Migration):
    dependencies = [("conversations", "0001_initial"), ("disputes", "0003_unread"), ("ledger", "0002_rules")]

    operations = [sql.run_file(__file__, "0002_rules.sql", undo=UNDO)]
