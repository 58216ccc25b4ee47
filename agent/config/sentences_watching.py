"""What options of judging and cameras mean, one row each in English and Chinese."""

from __future__ import annotations

from contract.words import Sentence

FALSE_LEAVES_EVERY_READING = Sentence(
    "false leaves every reading as its device gave it", "false 表示每条读数保持设备给出的样子"
)
NOISE_LEVEL_DRIFT_JUDGED = Sentence(
    "noise, level and drift are judged on steps of this length, in seconds",
    "按此长度的步长判断噪声、水平和漂移，单位秒",
)
FALSE_FINDINGS_EXPECT_HEALTHY = Sentence(
    "false findings to expect of a healthy sensor, per 30 days", "健康传感器每 30 天可接受的误报次数"
)
MOST_FINDINGS_QUANTITY_REPORTED = Sentence(
    "most findings of a quantity reported in a day; the rest are counted",
    "一天内一个物理量最多上报的发现数；其余只计数",
)
FALSE_LEARNS_NOTHING_TELLS = Sentence("false learns nothing and tells nothing", "false 表示不学习也不上报")
LENGTH_STEPS_WHOSE_MEANS = Sentence(
    "length of the steps whose means are judged, in seconds", "按均值判断的步长，单位秒"
)
FALSE_ANOMALIES_EXPECT_QUANTITY = Sentence(
    "false anomalies to expect of a quantity that is read each 5 min, per 30 days",
    "每 5 分钟读取一次的物理量每 30 天可接受的异常误报次数",
)
QUIET_SO_LONG_ENDS = Sentence("quiet for so long ends an anomaly, in seconds", "安静这么久后异常结束，单位秒")
MOST_ANOMALIES_QUANTITY_REPORTED = Sentence(
    "most anomalies of a quantity reported in a day; the rest are counted",
    "一天内一个物理量最多上报的异常数；其余只计数",
)
FOLDER_TRAINED_MODEL_ASK = Sentence(
    "folder of a trained model to ask in addition to the engine; see docs/analysis.md",
    "除内置引擎外还要询问的训练模型目录；见 docs/analysis.md",
)
QUANTITY_LOOKS = Sentence("the quantity that it looks at", "针对的物理量")
OR_KIND_EVENT_SUCH = Sentence(
    "or the kind of event, such as 'anomaly' or one of the cameras' kinds",
    "或事件类别，例如 'anomaly' 或摄像机的某一类别",
)
ONLY_DEVICE_WITHOUT_ANY = Sentence("only of this device; without it, of any", "仅限此设备；不设则为任意设备")
HOLDS_WHILE_VALUE_LARGER = Sentence("holds while the value is larger", "数值更大时成立")
HOLDS_WHILE_VALUE_SMALLER = Sentence("holds while the value is smaller", "数值更小时成立")
ONCE_HOLDS_DOES_UNTIL = Sentence(
    "once it holds, it does until the value is back past this level", "一旦成立，直到数值回到此水平以内才结束"
)
HOLDS_WHILE_VALUE_NUMBER = Sentence("holds while the value is this number or label", "数值为此数字或标签时成立")
HOLDS_WHEN_VALUE_ROSE = Sentence(
    "holds when the value rose so much within within_s", "数值在 within_s 内上升这么多时成立"
)
HOLDS_WHEN_VALUE_FELL = Sentence(
    "holds when the value fell so much within within_s", "数值在 within_s 内下降这么多时成立"
)
HOLDS_WHEN_VALUE_MOVED = Sentence(
    "holds when the value moved so much within within_s", "数值在 within_s 内变化这么多时成立"
)
TIME_RISE_FALL_CHANGE = Sentence(
    "the time for rise, fall and change; how long an event counts", "rise、fall 和 change 的时间；一个事件的有效时间"
)
MUST_HOLD_SO_LONG = Sentence("it must hold for so long, in seconds", "必须持续成立这么久，单位秒")
ONLY_THEN_LOCAL_TIME = Sentence("only then, in local time: '22:00-06:00'", "仅在此时段，本地时间：'22:00-06:00'")
EVENT_FIELDS_MUST_THESE = Sentence("event: fields of it that must have these values", "事件：其字段必须为这些值")
PERIOD_READING_SECONDS = Sentence("period of reading, in seconds", "读取周期，单位秒")
SO_LONG_SECONDS = Sentence("for so long, in seconds", "持续这么久，单位秒")
WITHOUT_THOSE_RULE_HOLDS = Sentence(
    "which; without it, those that the rule holds for", "哪些设备；不设则为规则成立的设备"
)
ALARM_TRAVELS_FIRST_STORED = Sentence("an 'alarm' travels first and is stored at once", "'alarm' 最先发送，并立即存储")
WHAT_MEANS_LANGUAGE_EN = Sentence("what it means, by language: en, zh", "含义，按语言：en、zh")
CONDITIONS_MUST_HOLD_TOGETHER = Sentence("conditions that must hold together", "必须同时成立的条件")
CONDITIONS_ONE_MUST_HOLD = Sentence("conditions of which one must hold", "其中一个成立即可的条件")
THEY_MUST_HOLD_TOGETHER = Sentence("they must hold together for so long, in seconds", "必须同时成立这么久，单位秒")
QUIET_TIME_AFTER_ALERT = Sentence("quiet time after an alert ended, in seconds", "告警结束后的安静时间，单位秒")
VALUE_OLDER_THAN_SAYS = Sentence(
    "a value older than this says nothing any more, in seconds", "早于此的数值不再有效，单位秒"
)
EXTRA_SAMPLING_WHEN_ALERT = Sentence("extra sampling when the alert begins", "告警开始时的加密采样")
FALSE_SWITCHES_OFF_RULE = Sentence("false switches off a rule of a ready-made set", "false 关闭现成规则集中的一条规则")
SETS_USE_RULE_NAME = Sentence(
    "sets to use; a [rule.NAME] of the same name as one of theirs replaces it",
    "使用的规则集；同名的 [rule.NAME] 替换其中的规则",
)
LOCAL_TIME_LESS_UTC = Sentence(
    "local time less UTC, in hours: 8 in China; for 'hours' in rules",
    "本地时间与 UTC 之差，单位小时：中国为 8；用于规则中的 'hours'",
)
ONE_END_X_Y = Sentence("one end, [x, y]", "一个端点，[x, y]")
OTHER_END_PLUS_GOES = Sentence(
    "the other end; 'plus' goes from the left of a->b to its right", "另一个端点；'plus' 为从 a->b 的左侧到右侧"
)
CLASSES_COUNTED_DEFAULT_ALL = Sentence("classes that are counted, default all", "计数的类别，默认全部")
TRUE_SENDS_EVERY_CROSSING = Sentence(
    "true sends every crossing as an event, in addition to the summary", "true 表示除汇总外，每次穿越都作为事件发送"
)
CORNERS_X_Y = Sentence("corners, [[x, y], ...]", "各角点，[[x, y], ...]")
CLASSES_ZONE_ABOUT_DEFAULT = Sentence("classes the zone is about, default all", "区域针对的类别，默认全部")
OBJECT_OR_OUT_AFTER = Sentence("an object is in or out after this long, in seconds", "目标进出这么久后才算数，单位秒")
LOITERING_PERSON_STAYS_LONGER = Sentence("loitering: a person stays longer, in seconds", "滞留：人员停留更久，单位秒")
PARKING_VEHICLE_STANDS_STILL = Sentence(
    "parking: a vehicle stands still for longer, in seconds", "违停：车辆静止更久，单位秒"
)
CROWDING_MANY_PERSONS_OR = Sentence("crowding: this many persons or more at once", "聚集：同时达到这么多人")
CROWDING_LEAST_LONG_SECONDS = Sentence("crowding: for at least this long, in seconds", "聚集：至少持续这么久，单位秒")
WRONG_WAY_ALLOWED_DIRECTION = Sentence(
    "wrong way: the allowed direction in the frame, [dx, dy], y down", "逆行：画面中允许的方向，[dx, dy]，y 向下"
)
WRONG_WAY_DEGREES_OFF = Sentence(
    "wrong way: degrees off the allowed direction that are wrong", "逆行：偏离允许方向多少度算逆行"
)
WRONG_WAY_LEAST_LONG = Sentence("wrong way: for at least this long, in seconds", "逆行：至少持续这么久，单位秒")
KNOWN_HEIGHTS_X_Y = Sentence(
    "known heights, [[x, y, metres], ...], lowest first", "已知高度，[[x, y, metres], ...]，最低的在前"
)
LESS_THAN_DRY_METRES = Sentence("less than this is dry, in metres", "低于此值为干，单位米")
FROM_FLOODED_METRES = Sentence("from here on it is flooded, in metres", "从此值起为淹没，单位米")
CHANGE_DEPTH_REPORTED_METRES = Sentence("a change of depth that is reported, in metres", "上报的水深变化，单位米")
WIDTH_HEIGHT_COORDINATES_REFER = Sentence(
    "[width, height] that coordinates refer to; without it they are shares from 0 to 1",
    "坐标所参照的 [width, height]；不设则为 0 到 1 的比例",
)
FOLDER_MODEL_TOML_DEFAULT = Sentence(
    "folder with a model.toml; default the crop classifier that comes with the agent",
    "含 model.toml 的目录；默认为随程序提供的图块分类器",
)
LEAST_SCORE_DEFAULT_MODELS = Sentence("least score, default the model's own", "最低得分，默认为模型自身的值")
FRAMES_LOOKED_PER_SECOND = Sentence("frames looked at per second", "每秒分析的帧数")
FRAMES_PER_SECOND_DETECTOR = Sentence(
    "frames per second that a detector looks at, at most; tracks bridge others",
    "检测器每秒最多分析的帧数；其余由跟踪补足",
)
THREADS_INTERPRETER = Sentence("threads of the interpreter", "解释器的线程数")
AUTO_SQUARE_CROPS_WHERE = Sentence(
    "'auto': square crops where objects are small; 'never': always the whole frame",
    "'auto'：目标小时使用方形裁剪块；'never'：始终整帧",
)
CROPS_LOOKED_PER_FRAME = Sentence(
    "crops looked at per frame, the rest take turns; four share an inference",
    "每帧分析的裁剪块数，其余轮流；四个共用一次推理",
)
LENGTH_COUNTING_WINDOW_SECONDS = Sentence("length of a counting window, in seconds", "计数窗口的长度，单位秒")
COUNTING_LINES_NAME = Sentence("counting lines by name", "计数线，按名称")
ZONES_NAME = Sentence("zones by name", "区域，按名称")
VIRTUAL_WATER_GAUGES_NAME = Sentence("virtual water gauges by name", "虚拟水尺，按名称")
WHAT_SNAPSHOTS_SENTENCE = Sentence("what the snapshots are for, in a sentence", "快照的用途，一句话")
DELETED_AFTER_MANY_DAYS = Sentence("deleted after this many days", "这么多天后删除")
PEM_FILE_X_PUBLIC = Sentence(
    "PEM file of the X25519 public key that alone can open them", "唯一能打开它们的 X25519 公钥的 PEM 文件"
)
WHAT_STILL_KEPT = Sentence("what a still is kept of", "对什么保存快照")
WHERE_THEY_KEPT = Sentence("where they are kept", "保存位置")
BOUND_OLDEST_GOES_FIRST = Sentence("bound; the oldest goes first", "上限；最旧的先删除")
DEV_V_L_ID = Sentence(
    "/dev/v4l/by-id/..., rtsp://..., http://... (MJPEG), or the full path of a video file",
    "/dev/v4l/by-id/...、rtsp://...、http://...（MJPEG），或视频文件的完整路径",
)
FILE_HOLDS_PASSWORD_SOURCES = Sentence(
    "file that holds the password of the source's user, or credential:NAME",
    "存放该地址用户密码的文件，或 credential:NAME",
)
WHAT_CAMERA_SENTENCE_WITHOUT = Sentence(
    "what the camera is for, in a sentence; without it, it does not start", "摄像机的用途，一句话；没有则不启动"
)
WHERE_SIGN_HANGS_TELLS = Sentence(
    "where the sign hangs that tells passers-by; required as well", "告知行人的标识牌位置；同样必填"
)
LONGEST_WAIT_CONNECTION_SECONDS = Sentence("longest wait for a connection, in seconds", "等待连接的最长时间，单位秒")
LONGEST_WAIT_FRAME_SECONDS = Sentence("longest wait for a frame, in seconds", "等待一帧的最长时间，单位秒")
VISION_PROCESS_STARTED_ANEW = Sentence(
    "the vision process is started anew beyond this, in MiB", "超过此值时重新启动视觉进程，单位 MiB"
)
VIDEO_FILE_STARTS_AGAIN = Sentence("a video file starts again at its end", "视频文件播完后从头开始")
SNAPSHOTS_INCIDENTS_DEFAULT_NONE = Sentence("snapshots of incidents, default none", "事件快照，默认没有")
