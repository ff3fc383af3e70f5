"""What is measured: the same networks, batches and recipes for all programs."""

# The paper's networks train as published: batches of 32 by Adam. ResNets: SGD as usual on CIFAR.
PAPER = {"optimizer": "keras-adam", "lr": 0.001, "schedule": "constant", "weight_decay": 0}
USUAL = {"optimizer": "sgd", "lr": 0.1, "momentum": 0.9, "schedule": "cosine",
         "weight_decay": 0.0005}

SETTINGS = [
    {"network": "paper18", "batch": 32, "train": PAPER},
    {"network": "paper50", "batch": 32, "train": PAPER},
    {"network": "resnet18", "batch": 128, "train": USUAL},
    {"network": "resnet18", "batch": 512, "train": USUAL},
    {"network": "resnet50", "batch": 128, "train": USUAL},
    {"network": "resnet50", "batch": 512, "train": USUAL},
]

MODELS = {
    "paper18": {"family": "paper", "depth": 18, "skip": {"granularity": "block", "init": 1}},
    "paper50": {"family": "paper", "depth": 50, "skip": {"granularity": "block", "init": 1}},
    "resnet18": {"family": "resnet", "depth": 18, "stem": "cifar", "skip": {"granularity": "none"}},
    "resnet50": {"family": "resnet", "depth": 50, "stem": "cifar", "skip": {"granularity": "none"}},
}


def spec_of(setting, images, epochs, precision, log_every):
    """A trial's configuration: crops of the synthetic set, which needs no files."""
    train = dict(setting["train"], batch_size=setting["batch"], epochs=epochs, precision=precision,
                 log_every=log_every)
    return {"model": MODELS[setting["network"]], "train": train,
            "data": {"dataset": "synthetic", "augment": "crop", "train_size": images,
                     "validation_size": 256, "test_size": 256}}


def key_of(setting):
    return f"{setting['network']}/{setting['batch']}"
