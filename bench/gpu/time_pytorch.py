"""Images per second of PyTorch's own loop: eager, or with torch.compile.

usage: time_pytorch.py eager|compile [--device cuda] [--seconds S] [--only KEY] [--deadline SECONDS]

The loop is the shortest one: one batch that lies on the device, channels_last, bf16 autocast, forward,
cross-entropy, backward, fused optimizer; no data, no metrics. `compile` is
torch.compile(mode="reduce-overhead"), which captures CUDA graphs. Prints a JSON object a setting;
after the deadline, from the start on, those that are left say so.
"""
import argparse
import json
import statistics
import sys
import time

import torch

import networks
import settings

ROUNDS = 5
WARM_UP_STEPS = 12


def optimizer_of(train, parameters, on_cuda):
    if train["optimizer"] == "sgd":
        options = {"lr": train["lr"], "momentum": train["momentum"],
                   "weight_decay": train["weight_decay"]}
        make = torch.optim.SGD
    else:
        options = {"lr": train["lr"], "eps": 1e-7}
        make = torch.optim.Adam
    if on_cuda:
        options["fused"] = True
    return make(parameters, **options)


def make_step(setting, device, compiles):
    network = networks.NETWORKS[setting["network"]]()
    count = sum(parameter.numel() for parameter in network.parameters())
    if count != networks.PARAMETERS[setting["network"]]:
        raise ValueError(f"{count} parameters")
    network = network.to(device, memory_format=torch.channels_last).train()
    optimizer = optimizer_of(setting["train"], network.parameters(), device == "cuda")
    images = torch.randn(setting["batch"], 3, 32, 32, device=device)
    images = images.to(memory_format=torch.channels_last)
    labels = torch.randint(networks.CLASSES, (setting["batch"],), device=device)

    def loss_of(batch):
        with torch.autocast(device, torch.bfloat16):
            logits = network(batch)
        return torch.nn.functional.cross_entropy(logits.float(), labels)

    if compiles:
        loss_of = torch.compile(loss_of, mode="reduce-overhead", dynamic=False)

    def step():
        optimizer.zero_grad(set_to_none=True)
        loss_of(images).backward()
        optimizer.step()

    return step


def measure(setting, device, compiles, seconds):
    wait = torch.cuda.synchronize if device == "cuda" else lambda: None
    begin = time.monotonic()
    step = make_step(setting, device, compiles)
    for _ in range(WARM_UP_STEPS if device == "cuda" else 1):
        step()
    wait()
    ready = time.monotonic()
    step()
    wait()
    steps = max(int(seconds / ROUNDS / (time.monotonic() - ready)), 1)
    speeds = []
    for _ in range(ROUNDS):
        start = time.monotonic()
        for _ in range(steps):
            step()
        wait()
        speeds.append(steps * setting["batch"] / (time.monotonic() - start))
    return {"images_per_second": statistics.median(speeds), "rounds": speeds,
            "set_up_seconds": ready - begin}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("mode", choices=["eager", "compile"])
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--deadline", type=float, default=1e9)
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    start = time.monotonic()
    torch.set_float32_matmul_precision("high")
    torch.backends.cudnn.benchmark = True
    failed = False
    for setting in settings.SETTINGS:
        if options.only not in settings.key_of(setting):
            continue
        result = {"setting": settings.key_of(setting)}
        try:
            if time.monotonic() - start > options.deadline:
                raise TimeoutError("no time left")
            result.update(measure(setting, options.device, options.mode == "compile",
                                  options.seconds))
        except Exception as error:  # the other settings are still worth their time
            result["error"] = f"{type(error).__name__}: {error}".splitlines()[0]
            failed = True
        print(json.dumps(result), flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
