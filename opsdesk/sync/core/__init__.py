"""The protocol without I/O: messages, codec, versions, merging, conflicts, the centre's judgement, pacing.

Nothing here reads a clock, a disk or a source of randomness: what is needed of them is an argument, so that a seed
replays. Nothing here knows an entity: the rules of its fields are handed in as values (`rules.Rules`).
"""
