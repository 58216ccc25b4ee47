"""What agent/models says to people, one row each in English and Chinese; ``{name}`` is filled in."""

from __future__ import annotations

from contract.words import Sentence

# counting.py
LINE_COUNTS_VEHICLES_FRAMES = Sentence(
    "line {name} counts vehicles at {fps:g} frames per second: those that cross it within a second are "
    "missed; set fps to {fewest_fps:g} or more, and 'budget' for fewer inferences",
    "计数线 {name} 以每秒 {fps:g} 帧统计车辆：一秒内穿过的会漏计；请将 fps 设为 {fewest_fps:g} 或更高，并用 "
    "'budget' 减少推理次数",
)
NOT_MEASURED_LOOKS_PER = Sentence(
    "{label}: not measured with {name} at {looks:.1f} looks per second",
    "{label}：未在每秒 {looks:.1f} 次检测下用 {name} 测量过",
)
CROSSINGS_WRONG_WHERE_MEASURED = Sentence(
    "{label}: {wrong} of {crossings} crossings wrong ({share:.0%}) where {name} was measured at "
    "{looks_per_s:g} looks per second",
    "{label}：在测量 {name} 的场景中（每秒 {looks_per_s:g} 次检测），{crossings} 次穿越有 {wrong} 次计数错误"
    "（{share:.0%}）",
)
KNOWS_NO = Sentence("{name} knows no {label}", "{name} 不认识 {label}")
CROSSINGS_WERE_COUNTED_WRONG = Sentence(
    "with {name} {wrong} of {crossings} crossings of {label} were counted wrong",
    "使用 {name} 时，{label} 的 {crossings} 次穿越有 {wrong} 次计数错误",
)

# describe.py
CROP_CLASSIFIER_COMES_AGENT = Sentence(
    "the crop classifier that comes with the agent is missing: install poleagent again",
    "缺少随程序提供的图块分类器：请重新安装 poleagent",
)
MODEL_FOLDER_MODEL_TOML = Sentence("a model is a folder with a model.toml", "模型是一个含 model.toml 的目录")
TASK_MODEL_USE_TASK = Sentence(
    "task is '{task}'; a model for this use has task = {repr}", "task 为 '{task}'；此用途的模型应为 task = {repr}"
)
MODEL_TOML_CLASSES_SPEAKS = Sentence(
    "{folder}/model.toml: [classes] speaks of '{label}', which is no label of {file}",
    "{folder}/model.toml：[classes] 提到 '{label}'，而 {file} 没有此标签",
)
NO_FILE = Sentence("{path} is no file; {hint}", "{path} 不是文件；{hint}")
MIB_MODEL_POLE_MOST = Sentence(
    "{path} has {size} MiB; a model for a pole has at most {most_bytes}",
    "{path} 有 {size} MiB；灯杆上的模型最多 {most_bytes}",
)
CANNOT_READ = Sentence("{path} cannot be read: {strerror}; {hint}", "无法读取 {path}：{strerror}；{hint}")
NO_NAME_FILE = Sentence("{path!r} is no name of a file: {exc}", "{path!r} 不是有效文件名：{exc}")
GET_FROM = Sentence("get it from {source}", "请从 {source} 获取")
NOT_FILE_MODEL_TOML = Sentence(
    "{path} is not the file that model.toml describes: its SHA-256 begins with {digest}, described is {sha256}",
    "{path} 不是 model.toml 所述的文件：其 SHA-256 以 {digest} 开头，而描述为 {sha256}",
)
HOLDS_LABELS_ONE_LINE = Sentence("it holds the labels, one a line", "它存放标签，每行一个")
CARRIES_NO_LABELS_OWN = Sentence(
    "{path} carries no labels of its own: set labels in model.toml",
    "{path} 自身不带标签：请在 model.toml 中设置 labels",
)

# golden.py
OUTPUTS_EXPECTED = Sentence("{input}: {size} outputs, expected {size_2}", "{input}：{size} 个输出，应为 {size_2}")
OUTPUT_OFF_ALLOWED = Sentence(
    "{input}: an output is off by {apart:.4g}, allowed are {tolerance:g}",
    "{input}：某个输出相差 {apart:.4g}，允许 {tolerance:g}",
)
MODEL_CANNOT_RUN = Sentence("{name}: the model cannot be run on it: {exc}", "{name}：模型无法在其上运行：{exc}")
BYTES_MODELS_INPUT = Sentence(
    "{name} has {data} bytes, and the model's input {wanted}", "{name} 有 {data} 字节，而模型输入为 {wanted}"
)

# interpreter.py
CANNOT_LOADED_LITERT_MODEL = Sentence(
    "{path} cannot be loaded as a LiteRT model: {exc}", "{path} 无法作为 LiteRT 模型加载：{exc}"
)
INPUTS_ONLY_MODELS_ONE = Sentence(
    "{path} has {inputs} inputs; only models with one frame as input can be used",
    "{path} 有 {inputs} 个输入；只能使用以一帧为输入的模型",
)
NO_LITERT_RUNTIME_INSTALLED = Sentence("no LiteRT runtime is installed: {how}", "没有安装 LiteRT 运行库：{how}")

# needs.py
CAMERAS_NEED_MORE_LIBRARIES = Sentence(
    "cameras need more libraries ({absent}): {how}", "摄像机需要更多库（{absent}）：{how}"
)
