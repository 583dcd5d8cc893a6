#!/usr/bin/env python3
"""Three tiny random BERT classifiers in Hugging Face form, each with the values expected of it.

Writes tests/data/model/{post_ln_gelu,relu_wide,pairs_three_labels}/; ../README.md names what is in
the files.
"""

import random
from pathlib import Path

import torch
from transformers import AutoTokenizer, BertConfig, BertForSequenceClassification, BertTokenizer

from oracle import (adamw_run, forward_backward, generator, make_batches, normal, save_expected,
                    set_up)

OUTPUT = Path(__file__).resolve().parents[3] / "tests" / "data" / "model"
LEARNING_RATE = 5e-4
BATCH_SIZE = 4
LETTERS = "abcdefghijklmnopqrstuvwxyz"
SUFFIXES = "##ed ##ing ##ly ##er ##est ##ness ##ful ##less ##able ##ment ##ion".split()
WORDS = """the a an and or but not never very quite too it this that is was were be been of to in on
at for with from by as film movie plot scene actor script music story finish hero camera joke sound
voice light cast good bad great dull fine weak warm cold sharp slow fast loud quiet bright dark
fresh stale rich poor deep thin clever silly honest false feel think find watch laugh cry sleep walk
talk hear see like love hate want need make take give leave begin end first last long short old
new young
. , ! ? ' - 1 2 3""".split()

# The special tokens' order gives [PAD] another id in the second model; each has other tokenizer
# files. `lengths` counts pieces, special tokens included.
MODELS = {
    "post_ln_gelu": dict(
        seed=1, pairs=False, lengths=[9, 3, 40, 5, 21, 14, 30],
        specials=["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"],
        files=["vocab.txt", "tokenizer.json", "tokenizer_config.json"],
        config=dict(num_hidden_layers=2, hidden_size=32, num_attention_heads=2,
                    intermediate_size=80, hidden_act="gelu", type_vocab_size=2,
                    max_position_embeddings=64, layer_norm_eps=1e-12, num_labels=2)),
    "relu_wide": dict(
        seed=2, pairs=False, lengths=[17, 40, 4, 11, 3, 28, 23],
        specials=["[UNK]", "[CLS]", "[SEP]", "[PAD]", "[MASK]"],
        files=["vocab.txt"],
        config=dict(num_hidden_layers=3, hidden_size=48, num_attention_heads=4,
                    intermediate_size=120, hidden_act="relu", type_vocab_size=1,
                    max_position_embeddings=40, layer_norm_eps=1e-5, num_labels=2)),
    "pairs_three_labels": dict(
        seed=3, pairs=True, lengths=[12, 40, 7, 31, 5, 17, 23],
        specials=["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"],
        files=["tokenizer.json", "tokenizer_config.json"],
        config=dict(num_hidden_layers=1, hidden_size=64, num_attention_heads=8,
                    intermediate_size=96, hidden_act="gelu_new", type_vocab_size=3,
                    max_position_embeddings=48, layer_norm_eps=1e-6, num_labels=3)),
}


def vocabulary(specials):
    return specials + list(LETTERS) + ["##" + c for c in LETTERS] + SUFFIXES + \
        [w for w in WORDS if w not in LETTERS]


def write_tokenizer(directory, pieces, files):
    """What transformers writes and, as before its version 5, vocab.txt; keeps only `files`."""
    (directory / "vocab.txt").write_text("".join(p + "\n" for p in pieces))
    BertTokenizer(vocab={p: i for i, p in enumerate(pieces)}, do_lower_case=True).save_pretrained(
        directory)
    for name in ("vocab.txt", "tokenizer.json", "tokenizer_config.json"):
        if name not in files:
            (directory / name).unlink()


def make_text(rng, count):
    """A text of exactly `count` pieces: words of the vocabulary, some with a suffix."""
    words = [w for w in WORDS if w.isalpha() and len(w) > 2]
    text = []
    while count > 0:
        word = rng.choice(words)
        if count > 1 and rng.random() < 0.3:
            word += rng.choice(SUFFIXES)[2:]
            count -= 1
        text.append(word.capitalize() if rng.random() < 0.2 else word)
        count -= 1
    return " ".join(text)


def make_texts(seed, lengths, pairs):
    rng = random.Random(seed)
    if not pairs:
        return [(make_text(rng, n - 2),) for n in lengths]
    firsts = [rng.randint(1, n - 4) for n in lengths]
    return [(make_text(rng, a), make_text(rng, n - 3 - a)) for a, n in zip(firsts, lengths)]


def make_model(seed, pad_token_id, vocab_size, config):
    """Weights larger than a fresh BERT's, and biases and LayerNorms that are not 0 and 1.

    So nothing that is left out, transposed or mixed up can pass unseen.
    """
    model = BertForSequenceClassification(BertConfig(
        vocab_size=vocab_size, pad_token_id=pad_token_id, initializer_range=0.2, **config))
    rng = generator(seed)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            mean = 1.0 if name.endswith("LayerNorm.weight") else 0.0
            parameter.copy_(normal(rng, parameter.shape, 0.2, mean))
    return model


def main():
    set_up()
    for name, spec in MODELS.items():
        directory = OUTPUT / name
        directory.mkdir(parents=True, exist_ok=True)
        pieces = vocabulary(spec["specials"])
        write_tokenizer(directory, pieces, spec["files"])
        model = make_model(spec["seed"], pieces.index("[PAD]"), len(pieces), spec["config"])
        model.save_pretrained(directory)

        texts = make_texts(spec["seed"], spec["lengths"], spec["pairs"])
        labels = torch.tensor([i % spec["config"]["num_labels"] for i in range(len(texts))])
        header = "text_a\ttext_b\tlabel" if spec["pairs"] else "text\tlabel"
        rows = ["\t".join((*text, str(int(label)))) for text, label in zip(texts, labels)]
        (directory / "texts.tsv").write_text("\n".join([header, *rows]) + "\n")

        # Read back: what is expected is expected of the files.
        model = BertForSequenceClassification.from_pretrained(
            directory, attn_implementation="eager")
        tokenizer = AutoTokenizer.from_pretrained(directory)
        inputs = tokenizer(*map(list, zip(*texts)), padding=True, return_tensors="pt")
        inputs = {k: inputs[k] for k in ("input_ids", "token_type_ids", "attention_mask")}
        assert inputs["attention_mask"].sum(1).tolist() == spec["lengths"]
        assert (inputs["input_ids"] != tokenizer.unk_token_id).all()

        logits, loss, gradients = forward_backward(model, inputs, labels)
        batches = make_batches(generator(100 + spec["seed"]), len(texts), BATCH_SIZE)
        save_expected({
            **inputs, "labels": labels, "logits": logits, "loss": loss,
            **{f"grad.{n}": g for n, g in gradients.items()},
            **adamw_run(model, inputs, labels, batches, LEARNING_RATE),
        }, directory / "expected.safetensors", __file__)


if __name__ == "__main__":
    main()
