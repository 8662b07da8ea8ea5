"""Tables, views, bulk upserts and migrations. The only door to SQL."""
