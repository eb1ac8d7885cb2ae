"""Questions as SQL: rows under filters, measures, buckets, tops, trends and comparisons; no drawing."""
