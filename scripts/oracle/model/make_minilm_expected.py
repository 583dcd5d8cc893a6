#!/usr/bin/env python3
"""What is expected of the MiniLM weights with a fixed head: logits, loss, gradients, steps.

The gradients are too large to keep. Of each there is the L2 norm, the dot product with a vector of
signs, and 64 elements; ../README.md names the tensors.
"""

import argparse
from pathlib import Path

import numpy
import torch
from transformers import AutoTokenizer, BertForSequenceClassification

from oracle import (adamw_run, forward_backward, generator, make_batches, normal, save_expected,
                    set_up)

OUTPUT = Path(__file__).resolve().parents[3] / "tests/data/model/minilm_expected.safetensors"
LEARNING_RATE = 5e-5
BATCH_SIZE = 8
SAMPLES = 64
HEAD_STD = 0.05
TEXTS = [
    ("A gripping film.",),
    ("I have rarely been so bored in a cinema; the plot goes nowhere and takes two hours to get "
     "there.",),
    ("The acting is superb, but the script lets everyone down.",),
    ("not bad at all",),
    ("Yes!",),
    ("Her third novel, published in 1987, sold more than 2,000,000 copies in 14 languages.",),
    ("Never have so many talented people made something so thoroughly forgettable.",),
    ("It's funny, it's moving, and -- best of all -- it's short.",),
    ("Café owners in São Paulo complained about the naïve façade of the Zürich branch.",),
    ("The committee will meet on Tuesday at 9:30 a.m. in room B-204 to discuss the annual "
     "budget, "
     "the repair of the roof, the new heating system, and whether the library should stay open on "
     "Sundays during the summer, when few people come and the building is too hot to read in.",),
    ("Antidisestablishmentarianism is a hippopotomonstrosesquippedaliophobic's nightmare.",),
    ("WHAT A WASTE OF MONEY!!!",),
    ("Water boils at a lower temperature on a mountain than at the sea.",),
    ("?",),
    ("The director's cut restores forty minutes, none of which anybody missed, and a prologue that "
     "explains what nobody had asked about.",),
    ("cf mn bb tq mb",),
    ("What is the capital of Australia?", "Canberra was chosen as a compromise between Sydney and "
     "Melbourne."),
    ("How do I learn to cook?", "How can I learn cooking?"),
    ("Who wrote it?", "No."),
    ("When did the first railway between the two cities open, and who paid for it?",
     "The line opened in 1830. It was financed by merchants who wanted raw cotton moved from the "
     "port to the mills faster and at a lower price than the canal companies asked."),
]


def signs(count):
    """+1 where (i * 2654435761) mod 2^32 has an even number of one bits, else -1."""
    hashed = numpy.arange(count, dtype=numpy.uint64) * numpy.uint64(2654435761)
    ones = numpy.bitwise_count(hashed & numpy.uint64(0xFFFFFFFF))
    return 1.0 - 2.0 * (ones % 2)


def summary(name, gradient, rng):
    """Samples come from the rows with any gradient: embeddings are zero in the others."""
    flat = gradient.numpy().astype(numpy.float64).ravel()
    touched = flat.nonzero()[0] if "embeddings.weight" in name else numpy.arange(flat.size)
    index = numpy.sort(rng.permutation(touched)[:SAMPLES])
    return {
        f"grad_norm.{name}": torch.tensor(numpy.linalg.norm(flat), dtype=torch.float32),
        f"grad_sign_dot.{name}": torch.tensor(flat @ signs(flat.size), dtype=torch.float32),
        f"grad_index.{name}": torch.from_numpy(index.astype(numpy.int64)),
        f"grad_value.{name}": torch.from_numpy(flat[index].astype(numpy.float32)),
    }


def load(directory):
    """The model with its head set; the head's values are part of what is written."""
    model = BertForSequenceClassification.from_pretrained(directory, num_labels=2,
                                                          attn_implementation="eager")
    rng = generator(11)
    with torch.no_grad():
        for parameter in (model.classifier.weight, model.classifier.bias):
            parameter.copy_(normal(rng, parameter.shape, HEAD_STD))
    return model


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("directory", help="the model's directory")
    directory = parser.parse_args().directory
    set_up()
    model = load(directory)
    head = {n: p.detach().clone()
            for n, p in model.classifier.named_parameters(prefix="classifier")}

    backend = AutoTokenizer.from_pretrained(directory).backend_tokenizer
    backend.no_truncation()  # this tokenizer.json cuts and pads to 128
    backend.enable_padding(pad_id=model.config.pad_token_id)
    encoded = backend.encode_batch([t[0] if len(t) == 1 else t for t in TEXTS])
    inputs = {
        "input_ids": torch.tensor([e.ids for e in encoded]),
        "token_type_ids": torch.tensor([e.type_ids for e in encoded]),
        "attention_mask": torch.tensor([e.attention_mask for e in encoded]),
    }
    labels = torch.arange(len(TEXTS)) % 2

    logits, loss, gradients = forward_backward(model, inputs, labels)
    rng = generator(12)
    summaries = [summary(n, g, rng) for n, g in gradients.items()]
    batches = make_batches(generator(13), len(TEXTS), BATCH_SIZE)
    save_expected({
        **head, **inputs, "labels": labels, "logits": logits, "loss": loss,
        **{k: v for s in summaries for k, v in s.items()},
        **adamw_run(model, inputs, labels, batches, LEARNING_RATE),
    }, OUTPUT, __file__)


if __name__ == "__main__":
    main()
