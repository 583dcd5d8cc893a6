"""Two classifiers of BERT-base's size with random weights; the second is the first, moved a little.

Speed and memory depend on the size alone; the real weights would be 440 MB to fetch.
"""

import argparse
from pathlib import Path

import torch
from recipe import quiet
from transformers import AutoTokenizer, BertConfig, BertForSequenceClassification

MOVED = 1e-3  # about what a fine-tuning moves a weight by


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tokenizer", required=True, metavar="DIR")
    parser.add_argument("pretrained")
    parser.add_argument("suspect")
    options = parser.parse_args()
    quiet(2)
    tokenizer = AutoTokenizer.from_pretrained(options.tokenizer)
    model = BertForSequenceClassification(BertConfig(vocab_size=len(tokenizer), num_labels=2))
    for directory in (options.pretrained, options.suspect):
        model.save_pretrained(directory)
        tokenizer.save_pretrained(directory)
        vocabulary = Path(options.tokenizer) / "vocab.txt"
        (Path(directory) / "vocab.txt").write_bytes(vocabulary.read_bytes())
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.add_(torch.randn_like(parameter), alpha=MOVED)


if __name__ == "__main__":
    main()
