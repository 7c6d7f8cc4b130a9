"""Evidence: what a vendor really answered, recorded by a proxy, and compared with what our fake answers.

`understudy record` (proxy, evidence) keeps exchanges; `understudy compare` (replay, answers, seeding) plays them again.
"""
