"""Channels: one folder for each kind, one line for each in `registry`, and what they all have in common.

A kind's folder holds everything that only this kind knows: how an entry of the catalogue looks and what can be wrong
with it, where an address leads, whether a flood is grouped, what goes over the wire, and the sending itself. A channel
classifies what happened to a message; the retry policy decides what follows.
"""
