"""What every generator of expected values shares: the run's settings and the training recipe."""

from pathlib import Path

import numpy
import torch
import transformers
from safetensors.torch import save_file
from transformers import get_linear_schedule_with_warmup

ROOT = Path(__file__).resolve().parents[3]
ADAMW_STEPS = 10
WARMUP_STEPS = 3
WEIGHT_DECAY = 0.01
MAX_GRADIENT_NORM = 1.0


def set_up():
    """Few words, one thread, deterministic kernels: the same bits each time on one kind of CPU."""
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()


def generator(seed):
    """Random numbers for weights; numpy's streams are stable across versions and CPUs."""
    return numpy.random.Generator(numpy.random.PCG64(seed))


def normal(rng, shape, std, mean=0.0):
    return torch.from_numpy((mean + std * rng.standard_normal(tuple(shape))).astype(numpy.float32))


def read_dataset(path):
    """Texts, each a tuple of one or two, and labels, of a tab-separated file without quoting."""
    with open(path, encoding="utf-8", newline="\n") as file:
        header, *rows = [line.rstrip("\n").split("\t") for line in file]
    columns = [header.index(c) for c in ("text", "text_a", "text_b") if c in header]
    label = header.index("label")
    return [tuple(row[c] for c in columns) for row in rows], [int(row[label]) for row in rows]


def tokenize(tokenizer, texts, max_length, **options):
    return tokenizer(*map(list, zip(*texts)), truncation=True, max_length=max_length, **options)


@torch.no_grad()
def compute_logits(model, tokenizer, texts, max_length, batch_size=32):
    """(texts, labels), in the texts' order; texts of like length go through together."""
    model.eval()
    order = sorted(range(len(texts)), key=lambda i: sum(map(len, texts[i])))
    logits = torch.empty(len(texts), model.config.num_labels)
    for start in range(0, len(order), batch_size):
        rows = order[start:start + batch_size]
        inputs = tokenize(tokenizer, [texts[i] for i in rows], max_length, padding="longest",
                          return_tensors="pt")
        logits[rows] = model(**inputs).logits.float()
    return logits


def decays(name):
    """Weight decay is for matrices and embeddings, not for biases and LayerNorm."""
    return not name.endswith(".bias") and "norm" not in name.lower()


def make_optimizer(model, learning_rate, warmup_steps, steps, fused=False):
    named = list(model.named_parameters())
    groups = [
        {"params": [p for n, p in named if decays(n)], "weight_decay": WEIGHT_DECAY},
        {"params": [p for n, p in named if not decays(n)], "weight_decay": 0.0},
    ]
    optimizer = torch.optim.AdamW(groups, lr=learning_rate, betas=(0.9, 0.999), eps=1e-8,
                                  fused=fused)
    return optimizer, get_linear_schedule_with_warmup(optimizer, warmup_steps, steps)


def forward_backward(model, inputs, labels):
    """Logits, loss and {name: gradient}, dropout off."""
    model.eval()
    model.zero_grad()
    output = model(**inputs, labels=labels)
    output.loss.backward()
    gradients = {n: p.grad.clone() for n, p in model.named_parameters()}
    model.zero_grad()
    return output.logits.detach(), output.loss.detach(), gradients


def adamw_run(model, inputs, labels, batches, learning_rate):
    """Ten steps, dropout off; row s of `batches` names the rows of `inputs` that step s sees.

    The loss and the gradient norm (before clipping) of a step are those before its update. The
    schedule's factor is 0 in the first step, so the weights move from the second one on.
    """
    model.eval()
    optimizer, schedule = make_optimizer(model, learning_rate, WARMUP_STEPS, ADAMW_STEPS)
    losses, norms, rates = [], [], []
    for rows in batches:
        optimizer.zero_grad()
        loss = model(**{k: v[rows] for k, v in inputs.items()}, labels=labels[rows]).loss
        loss.backward()
        norms.append(torch.nn.utils.clip_grad_norm_(model.parameters(), MAX_GRADIENT_NORM))
        losses.append(loss.detach())
        rates.append(schedule.get_last_lr()[0])
        optimizer.step()
        schedule.step()
    with torch.no_grad():
        logits = model(**inputs).logits
    return {
        "adamw_batches": batches,
        "adamw_learning_rates": torch.tensor(rates, dtype=torch.float32),
        "adamw_losses": torch.stack(losses).float(),
        "adamw_gradient_norms": torch.stack(norms).float(),
        "adamw_final_logits": logits.float(),
        **{f"final_norm.{n}": p.detach().double().norm().float()
           for n, p in model.named_parameters()},
    }


def make_batches(rng, rows, batch_size):
    """(ADAMW_STEPS, batch_size) row numbers; no row twice in a batch."""
    drawn = [rng.permutation(rows)[:batch_size] for _ in range(ADAMW_STEPS)]
    return torch.from_numpy(numpy.stack(drawn))


def save_expected(tensors, path, script, *more):
    """`more` names what else made them."""
    # One entry, as the writer orders several at random.
    made_by = ", ".join((str(Path(script).resolve().relative_to(ROOT)), *more,
                         f"transformers {transformers.__version__}", f"torch {torch.__version__}"))
    save_file({k: v.contiguous() for k, v in tensors.items()}, path,
              metadata={"generated_by": made_by})
