"""What every floor above may use: errors, HTTP answers, jobs, htmx, pagination, publication."""
