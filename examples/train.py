"""Trains a small PyTorch model on MDS shards: where is the ship at its next report? python examples/train.py DATA"""

import sys

import torch
from streaming import StreamingDataset
from torch.utils.data import DataLoader

RECENT, INPUT = 4, 128


def recent_and_next(features):
    """The last positions of the input; and miles north and east from the last one to the next."""
    recent = features[:, INPUT - RECENT : INPUT]
    lat, lon, sog, cog, dt = recent.double().unbind(-1)
    cog = torch.deg2rad(cog)
    x = torch.stack([lat / 90, lon / 180, sog.clamp(0, 30) / 30, cog.sin(), cog.cos(), dt.log1p() / 10], -1)
    moved = (features[:, INPUT, :2] - features[:, INPUT - 1, :2]).double()
    moved[:, 1] = ((moved[:, 1] + 180) % 360 - 180) * torch.deg2rad(lat[:, -1]).cos()
    return x.float(), (60 * moved).float()


if __name__ == "__main__":
    path = sys.argv[1] if len(sys.argv) > 1 else "data"
    torch.manual_seed(1)
    dataset = StreamingDataset(local=f"{path}/mds", shuffle=True, shuffle_seed=1, batch_size=32)
    loader = DataLoader(dataset, batch_size=32)
    model = torch.nn.Sequential(
        torch.nn.Flatten(), torch.nn.Linear(RECENT * 6, 32), torch.nn.ReLU(), torch.nn.Linear(32, 2)
    )
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    for epoch in range(1, 5):
        losses = []
        for batch in loader:
            x, y = recent_and_next(batch["features"])
            loss = torch.nn.functional.mse_loss(model(x), y)
            optimizer.zero_grad(), loss.backward(), optimizer.step()
            losses.append(loss.item())
        print(f"epoch {epoch}: loss {sum(losses) / len(losses):.5f}")
