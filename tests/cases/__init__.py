"""What real APIs do, case by case: each against a real HTTP server, and compared with what the API held.

A test is named after the number of its case (``test_a1_…``), and the modules after the kinds of cases.
"""
