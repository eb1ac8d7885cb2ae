"""Extra tables as queries of Spark, made from the definitions that a sync goes by."""
