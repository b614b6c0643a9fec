"""Sampling with a cache of keys and values in PyTorch: what came before is computed once, each new token alone."""
import torch
import torch.nn.functional as F

from policy import LEVELS, PROMPT, SLOT, TURN, WORDS, norm, see

PAD, END, FIRST_FRAME, FIRST_BIN, ACTIONS = 0, 1, 5, 13, 65
FRAMES, ROWS, BINS, MARKS = 8, 3, 16, 7
CLIP, CROP = 1, 2


class Decode:
    def __init__(self, scenario, weights, inputs):
        self.p, self.inputs = weights, inputs
        self.spec, self.looks, self.temperature = scenario["spec"], scenario["looks"], scenario["temperature"]
        heads, layers, batch = self.spec["heads"], self.spec["layers"], scenario["batch"]
        length = PROMPT + self.looks * TURN + SLOT
        shape = (layers, batch, heads, length, self.spec["width"] // heads)
        self.keys, self.values = torch.empty(shape), torch.empty(shape)
        # One product in place of three, made once for these weights.
        self.qkv = [
            torch.cat([weights[f"layers.{i}.{n}"] for n in ("query", "key", "value")], 1).contiguous() for i in range(layers)
        ]

    def check(self):
        tokens, log_probs = self.run()
        return {"tokens": tokens.flatten().tolist(), "logProbs": log_probs.flatten().tolist()}

    @torch.inference_mode()
    def run(self):
        """Tokens and their log-probabilities at temperature 1, [turns, B, 7] each."""
        p, x = self.p, self.inputs
        self.filled = 0
        words = F.embedding(x["words"], p["embed.tokens"])
        new = torch.cat([words, see(p, "thumb", x["thumbs"]).view(len(words), PROMPT - WORDS, -1)], 1) + p["embed.prompt"]
        shown, turns = None, []
        for turn in range(self.looks + 1):
            row, scores = self.extend(new, scenes=turn == 0, look=turn > 0)
            if turn > 0:
                marks = (norm(self.looked) @ p["head.mark"]).softmax(-1) * (kinds == CLIP)[:, None, None]
                # Summed over the columns of each level: all that an edge asks for.
                shown = marks.view(-1, 3, 6, MARKS).sum(2)
            tokens, log_probs, last = self.speak(row[:, 0], scores[:, -1], shown, turn)
            turns.append((tokens, log_probs))
            if turn == self.looks:
                break
            kinds = x["lookKinds"][:, turn]
            pixels = x["pixels"].view(len(kinds), self.looks, -1)[:, turn]
            new = torch.cat([last[:, None], self.look(kinds, pixels, turn)], 1)
        return torch.stack([t for t, _ in turns]), torch.stack([l for _, l in turns])

    def speak(self, row, scores, shown, turn):
        """The seven tokens of a turn, and the vector of the last, which is not in the cache yet."""
        p = self.p
        uniforms = self.inputs["uniforms"][turn]
        done = torch.zeros(len(row), dtype=torch.bool)
        tokens, log_probs = [], []
        for place in range(SLOT):
            y = norm(row)
            logits = y @ p["head.action"]
            if place == 1:
                logits[:, FIRST_FRAME : FIRST_FRAME + FRAMES] += scores
            if place == 2:
                boxes, tops = self.boxes_of(tokens[1])
            if 2 <= place < 6:
                pick = y @ p["glance.row"]
                if shown is not None:
                    height = shown @ (y @ p["glance.mark"])[:, :, None]
                    pick = pick + (tops @ height)[..., 0]
                edges = pick.softmax(-1)[:, None] @ boxes[:, :, place - 2]
                logits[:, FIRST_BIN : FIRST_BIN + BINS] += edges[:, 0]
            cumulated = (logits / self.temperature).softmax(-1).cumsum(-1)
            drawn = (cumulated <= uniforms[:, place, None]).sum(-1).clamp(max=ACTIONS - 1)
            token = drawn.masked_fill(done, PAD)
            done = done | (token == END)
            tokens.append(token)
            log_probs.append(logits.log_softmax(-1).gather(-1, token[:, None])[:, 0])
            vector = F.embedding(token, p["embed.tokens"]) + p["embed.place"][place] + p["embed.turn"][turn]
            if place < SLOT - 1:
                row, scores = self.extend(vector[:, None])
                row, scores = row[:, 0], scores[:, 0]
        return torch.stack(tokens, 1), torch.stack(log_probs, 1), vector

    def boxes_of(self, token):
        """Of the frame that a token names: its boxes [B, rows, 4, bins], and how its rows' tops fit each level [B, rows, 3]."""
        frame = token - FIRST_FRAME
        is_frame = (frame >= 0) & (frame < FRAMES)
        chosen = self.boxes[torch.arange(len(token)), frame.clamp(0, FRAMES - 1)] * is_frame[:, None]
        chosen = chosen.view(-1, ROWS, 4, BINS)
        return chosen, chosen[:, :, 1].softmax(-1) @ LEVELS.T

    def look(self, kinds, pixels, turn):
        """Vectors of one look of each rollout; a clip is never read as a crop, nor the other way."""
        p = self.p
        seen = F.embedding(kinds, p["embed.look"])[:, None] + p["embed.place"][SLOT:] + p["embed.turn"][turn]
        for kind, name, size in ((CLIP, "clip", 5832), (CROP, "crop", 3456)):
            rows = (kinds == kind).nonzero()[:, 0]
            seen[rows] += see(p, name, pixels[rows, :size]).view(len(rows), TURN - SLOT, -1)
        return seen

    def extend(self, x, scenes=False, look=False):
        """New positions [B, n, D] through all layers, over what is cached: the last one's row [B, 1, D], and the scores of all their glances."""
        p, width, heads = self.p, self.spec["width"], self.spec["heads"]
        batch, n, _ = x.shape
        start, end = self.filled, self.filled + n
        mask = None if n == 1 or start == 0 else torch.ones(n, end, dtype=torch.bool).tril(start)
        for i in range(self.spec["layers"]):
            if i == self.spec["layers"] // 2:
                if scenes:
                    self.see(x)
                if look:
                    self.looked = x[:, 1:]
                scores = norm(x) @ p["glance.query"] @ self.glance_keys * width**-0.5
                x = x + scores.softmax(-1) @ self.glance_values
            parts = (norm(x) @ self.qkv[i]).view(batch, n, 3, heads, -1).permute(2, 0, 3, 1, 4)
            self.keys[i][:, :, start:end] = parts[1]
            self.values[i][:, :, start:end] = parts[2]
            keys, values, query, causal = self.keys[i][:, :, :end], self.values[i][:, :, :end], parts[0], start == 0
            if i == self.spec["layers"] - 1:  # nobody reads any row but the last after this layer
                x, query, mask, causal = x[:, -1:], query[:, :, -1:], None, False
            y = F.scaled_dot_product_attention(query, keys, values, attn_mask=mask, is_causal=causal)
            x = x + y.transpose(1, 2).reshape(x.shape) @ p[f"layers.{i}.attend"]
            x = x + (norm(x) @ p[f"layers.{i}.up"]).relu().square() @ p[f"layers.{i}.down"]
        self.filled = end
        return x, scores

    def see(self, middle):
        """What every later position glances at: the frames, halfway through the network."""
        p = self.p
        scenes = norm(middle[:, WORDS:PROMPT].reshape(len(middle), FRAMES, -1))
        self.glance_keys = (scenes @ p["glance.key"]).transpose(1, 2)
        self.glance_values = scenes @ p["glance.value"]
        self.boxes = scenes @ p["head.scene"][:, 10:]
