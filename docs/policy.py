"""A policy of `ruminate export` in PyTorch: python docs/policy.py FOLDER BATCH.safetensors OUT.safetensors"""
import json, sys, torch, torch.nn.functional as F
from safetensors.torch import load_file, save_file
WORDS, PROMPT, SLOT, LOOK, TURN = 6, 22, 7, 18, 25  # [words 6][frames 8 × 2] ([action 7][look 18]) × looks [action 7]
LEVELS = (1 - ((torch.arange(16) + 1.5) * 3 / 16 - 0.5 - torch.arange(3)[:, None]).abs()).clamp(min=0)  # of upper edges

def load(folder):
    return load_file(f"{folder}/model.safetensors"), json.load(open(f"{folder}/config.json"))["architecture"]
def norm(x, eps=1e-5): return F.layer_norm(x, x.shape[-1:], eps=eps)
def see(p, of, x):  # uint8 [N, pixels] → [N · tokens, D]
    if of == "thumb":  # 8 · 18 · 32 pixels: two patches a frame
        x = x.view(-1, 18, 2, 16).transpose(1, 2).reshape(-1, 288).float().sub(128).div(64)
    elif of == "clip":  # 54 · 108 pixels: blocks of 6 · 6 with their eight neighbours; nine such windows make a token
        x = F.pad(x.view(-1, 9, 6, 18, 6).permute(0, 2, 4, 1, 3).flatten(1, 2).float(), (1, 1, 1, 1), mode="replicate")
        x = norm(x.unfold(2, 3, 1).unfold(3, 3, 1).permute(0, 2, 3, 4, 5, 1).reshape(-1, 324), 25)
    else:  # 32 · 108 pixels: columns 6 wide with their two neighbours
        x = F.pad(norm(x.float(), 1).view(-1, 32, 18, 6).transpose(1, 2).flatten(2), (0, 0, 1, 1))
        x = torch.cat([x[:, :-2], x[:, 1:-1], x[:, 2:]], 2).flatten(0, 1)
    x = torch.addmm(p[f"vision.{of}.bias"], x, p[f"vision.{of}.in"]).relu().square()
    return (x.view(-1, 3, 3, 6, 192).transpose(2, 3).reshape(-1, 576) if of == "clip" else x) @ p[f"vision.{of}.out"]

def embed(p, batch):
    words, acted = (F.embedding(batch[name], p["embed.tokens"]) for name in ("words", "actions"))
    kinds, (b, slots, _, d) = batch["lookKinds"].flatten(), acted.shape
    looked = F.embedding(kinds, p["embed.look"])[:, None].repeat(1, LOOK, 1)
    for number, kind, size in ((1, "clip", 5832), (2, "crop", 3456)):
        at = (kinds == number).nonzero()[:, 0]
        looked.index_add_(0, at, see(p, kind, batch["pixels"].view(-1, 5832)[at, :size]).view(-1, LOOK, d))
    prompt = torch.cat([words, see(p, "thumb", batch["thumbs"]).view(b, -1, d)], 1) + p["embed.prompt"]
    turns = torch.cat([acted, F.pad(looked.view(b, slots - 1, LOOK, d), (0, 0, 0, 0, 0, 1))], 2)
    return torch.cat([prompt, (turns + p["embed.place"] + p["embed.turn"][:slots, None]).flatten(1, 2)[:, :-LOOK]], 1)

def layer(p, heads, i, x, past=None):  # past(keys, values): a cache; returns all keys and values so far, and their mask
    (b, n, _), y = x.shape, norm(x)
    q, k, v = ((y @ p[f"layers.{i}.{w}"]).view(b, n, heads, -1).transpose(1, 2) for w in ("query", "key", "value"))
    k, v, mask = past(k, v) if past else (k, v, None)
    y = F.scaled_dot_product_attention(q, k, v, mask, is_causal=past is None).transpose(1, 2).flatten(2)
    x = x + y @ p[f"layers.{i}.attend"]
    return x + (norm(x) @ p[f"layers.{i}.up"]).relu().square() @ p[f"layers.{i}.down"]

def logits(p, config, batch):  # actions [B, slots, 7, 65]; for dense targets scenes [B, 8, 202], marks [B, looks, 18, 7]
    x, (b, slots, _), d = embed(p, batch), batch["actions"].shape, config["width"]
    for i in range(config["layers"]):
        if i == config["layers"] // 2:  # halfway, every position glances at the frames
            middle, frames = x, norm(x[:, WORDS:PROMPT].reshape(b, 8, 2 * d))
            scores = norm(x) @ p["glance.query"] @ (frames @ p["glance.key"]).mT / d**0.5
            x = x + scores.softmax(-1) @ (frames @ p["glance.value"])
        x = layer(p, config["heads"], i, x)
    at = torch.arange(slots)[:, None] * TURN + torch.arange(SLOT) + PROMPT - 1  # the token at i is predicted at i − 1
    rows, scene = norm(x[:, at]), frames @ p["head.scene"]
    marks = norm(middle[:, PROMPT:-SLOT].unflatten(1, (slots - 1, TURN))[:, :, SLOT:]) @ p["head.mark"]
    out, row = rows @ p["head.action"], rows[:, :, 2:6] @ p["glance.row"]  # the row of text in mind, by its place …
    boxes = ((batch["actions"][:, :, 1:2] == torch.arange(5, 13)).float() @ scene[..., 10:]).view(b, slots, 3, 4, 16)
    shown = rows[:, 1:, 2:6] @ p["glance.mark"] @ (marks.softmax(-1) * (batch["lookKinds"] == 1)[..., None, None]).mT
    row[:, 1:] += shown.unflatten(-1, (3, 6)).sum(-1) @ LEVELS @ boxes[:, 1:, :, 1].softmax(-1).mT  # … or by its mark
    out[:, :, 1, 5:13] += scores[:, at[:, 1]]  # tokens of frames
    out[:, :, 2:6, 13:29] += torch.einsum("bser,bsrek->bsek", row.softmax(-1), boxes)  # of edges, copied from boxes
    return out, scene, marks
if __name__ == "__main__":
    save_file(dict(zip(("logits", "scene", "marks"), logits(*load(sys.argv[1]), load_file(sys.argv[2])))), sys.argv[3])
