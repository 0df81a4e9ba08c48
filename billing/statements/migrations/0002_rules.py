from django.db import migrations

from common import sql

_UNDO = """
ALTER TABLE statements_statementfile DROP CONSTRAINT statement_file_is_what_its_hash_says;
DROP FUNCTION statement_is_the_sum_of_its_lines CASCADE;
DROP TRIGGER statements_statement_frozen ON statements_statement;
DROP TRIGGER statements_statement_never_emptied ON statements_statement;
DROP TRIGGER statements_statementline_frozen ON statements_statementline;
DROP TRIGGER statements_statementline_never_emptied ON statements_statementline;
DROP TRIGGER statements_statementfile_frozen ON statements_statementfile;
DROP TRIGGER statements_statementfile_never_emptied ON statements_statementfile;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("statements", "0001_statements_lines_and_files"),
        ("ledger", "0002_rules"),
    ]

    operations = [sql.run_file(__file__, "0002_rules.sql", undo=_UNDO)]
