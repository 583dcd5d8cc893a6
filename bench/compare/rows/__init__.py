"""The rows, in the order of the document. Each module has NAME, TITLE and measure(context)."""

from rows import (dropout, first_step, growth, inference, mask_mix, mix_files, precision, purify,
                  roofline, sentencepiece, start_up, step_parts, sweep, training, wordpiece)

ALL = {row.NAME: row for row in (training, precision, inference, roofline, step_parts, dropout,
                                 mask_mix, mix_files, wordpiece, sentencepiece, sweep, first_step,
                                 purify, growth, start_up)}
