"""What the transformers peers share: the training recipe, batches, and texts by length.

Reading, tokenizing and the optimizer are those of scripts/oracle, by which finemix is tested.
"""

import random
import sys
from pathlib import Path

import torch
import transformers
from transformers import AutoModelForSequenceClassification, AutoTokenizer

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "scripts/oracle/model"))
from oracle import MAX_GRADIENT_NORM, make_optimizer, read_dataset, tokenize  # noqa: E402

__all__ = ["autocast", "epochs_of", "fine_tune", "load", "logits_of", "make_optimizer", "pad",
           "quiet", "read_dataset", "step", "tokenize"]

MEGABATCH = 50  # batches that are shuffled together, then sorted by length


def quiet(threads, seed=0):
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    torch.set_num_threads(threads)
    torch.manual_seed(seed)


def load(directory, labels, attention="sdpa"):
    tokenizer = AutoTokenizer.from_pretrained(directory)
    model = AutoModelForSequenceClassification.from_pretrained(
        directory, num_labels=labels, dtype=torch.float32, attn_implementation=attention)
    return tokenizer, model


def autocast(on):
    return torch.autocast("cpu", torch.bfloat16, enabled=on)


def grouped_batches(lengths, batch_size, rng):
    """Rows of each batch of an epoch: shuffled, then sorted by length within many batches."""
    order = list(range(len(lengths)))
    rng.shuffle(order)
    window = MEGABATCH * batch_size
    batches = []
    for start in range(0, len(order), window):
        rows = sorted(order[start:start + window], key=lambda i: -lengths[i])
        batches += [rows[i:i + batch_size] for i in range(0, len(rows), batch_size)]
    rng.shuffle(batches)
    return batches


def sorted_batches(lengths, batch_size):
    order = sorted(range(len(lengths)), key=lambda i: lengths[i])
    return [order[i:i + batch_size] for i in range(0, len(order), batch_size)]


def pad(tokenizer, encoded, rows):
    """A padded batch; nothing but the texts' own lengths decides its width."""
    return tokenizer.pad({k: [v[i] for i in rows] for k, v in encoded.items()},
                         return_tensors="pt")


def step(model, inputs, labels, optimizer, schedule, bf16):
    """One step; returns the loss before its update."""
    with autocast(bf16):
        loss = model(**inputs, labels=labels).loss
    optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), MAX_GRADIENT_NORM)
    optimizer.step()
    schedule.step()
    return loss.detach()


def fine_tune(model, tokenizer, encoded, labels, batches, learning_rate, bf16, warm_up=0.1):
    """Trains on `batches` in turn; returns the losses of all steps."""
    optimizer, schedule = make_optimizer(model, learning_rate, round(warm_up * len(batches)),
                                         len(batches), fused=True)
    model.train()
    return [step(model, pad(tokenizer, encoded, rows), labels[rows], optimizer, schedule, bf16)
            for rows in batches]


def epochs_of(lengths, batch_size, epochs, seed=0):
    rng = random.Random(seed)
    return [batch for _ in range(epochs) for batch in grouped_batches(lengths, batch_size, rng)]


@torch.inference_mode()
def logits_of(model, tokenizer, encoded, batch_size, bf16):
    """(texts, labels) in the texts' order, computed sorted by length."""
    model.eval()
    lengths = [len(ids) for ids in encoded["input_ids"]]
    logits = torch.empty(len(lengths), model.config.num_labels)
    for rows in sorted_batches(lengths, batch_size):
        with autocast(bf16):
            logits[rows] = model(**pad(tokenizer, encoded, rows)).logits.float()
    return logits
