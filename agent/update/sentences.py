"""What agent/update says to people, one row each in English and Chinese; ``{name}`` is filled in."""

from __future__ import annotations

from contract.words import Sentence

# bundles.py
BUNDLES_FETCHED_FROM_OCLOCK = Sentence(
    "bundles are fetched from {first} to {last} o'clock UTC; it is {now:%H:%M}",
    "只在 UTC {first} 点到 {last} 点之间获取更新包；现在是 {now:%H:%M}",
)
NEEDS_BYTES_MONTHS_ALLOWANCE = Sentence(
    "it needs {size} bytes, and of this month's allowance for updates {left} are left",
    "需要 {size} 字节，而本月更新配额还剩 {left} 字节",
)
DISK_MIB_FREE_TOO = Sentence(
    "the disk has {free} MiB free, too few for a bundle of {size:.1f} MiB and what it holds",
    "磁盘剩余 {free} MiB，不足以存放 {size:.1f} MiB 的更新包及其内容",
)
BUNDLE_SAYS = Sentence("the bundle says that it is {release}", "更新包自称为 {release}")
CANNOT_UNPACKED = Sentence("{release} cannot be unpacked: {strerror}", "无法解包 {release}：{strerror}")
MANIFEST_CANNOT_READ = Sentence("its manifest cannot be read: {exc}", "无法读取其清单：{exc}")

# fit.py
BOX = Sentence("it is for {machines}, and this box is {machine}", "它适用于 {machines}，而本机是 {machine}")
NEEDS_VERSION_AGENT = Sentence(
    "it needs version {agent} of the agent, and this is {version}", "它需要程序版本 {agent}，而当前为 {version}"
)
NEEDS_BOX_MIB_MEMORY = Sentence(
    "it needs a box with {memory_mib} MiB of memory, and this one has {have}",
    "它需要 {memory_mib} MiB 内存，而本机有 {have}",
)
NO_LITERT_RUNTIME_INSTALLED = Sentence("no LiteRT runtime is installed on this pole", "本杆没有安装 LiteRT 运行库")
GOLDEN_SAMPLES_TOOK_MORE = Sentence(
    "its golden samples took more than {seconds:g} s", "其标准样本用时超过 {seconds:g} s"
)
GOLDEN_SAMPLES_ENDED_INTERPRETER = Sentence(
    "its golden samples ended the interpreter ({name})", "其标准样本使解释器异常退出（{name}）"
)
GOLDEN_SAMPLES = Sentence("its golden samples: {what}", "其标准样本：{what}")
SETTINGS_REMOVE_UPLINK = Sentence(
    "it removes [uplink], and the pole could not be reached any more", "它删除了 [uplink]，杆站将无法再连上平台"
)
SETTINGS_PROBLEMS = Sentence(
    "the settings have {problems} problems with it: {problems_2}", "使用它时配置有 {problems} 个问题：{problems_2}"
)

GOLDEN_TOO_SLOW_TIMES = Sentence("{reason}, {times} times", "{reason}，共 {times} 次")

# install.py
BUNDLE_CANNOT_READ = Sentence(
    "the bundle of {release} cannot be copied or unpacked: {strerror}", "无法复制或解包 {release} 的更新包：{strerror}"
)
BUNDLE_NOT_WHAT_SIGNED = Sentence("the bundle of {release} is not what was signed", "{release} 的更新包与签名不符")
PACKAGES_CANNOT_UNPACKED = Sentence("the packages cannot be unpacked: {exc}", "无法解包软件包：{exc}")
POLE_PACKAGE_RELEASE_BRINGS = Sentence(
    "this pole has the package {missing}, and the release brings none", "本杆装有软件包 {missing}，而该版本不包含它"
)

# judge.py
NO_REASON_GIVEN = Sentence("no reason given", "没有给出原因")
AGENT_DOES_NOT_ANSWER = Sentence("the agent does not answer", "程序没有应答")
SETTINGS_WERE_REFUSED = Sentence("the settings were refused: {problem}", "配置被拒绝：{problem}")
MAKES_NO_PROGRESS = Sentence("{part} makes no progress", "{part} 没有进展")
DEVICE_WORKED_DOWN = Sentence("device {name} worked and is down: {what}", "设备 {name} 原先正常，现已中断：{what}")
LINE_WORKED_DOWN = Sentence("line {name} worked and is down: {what}", "线路 {name} 原先正常，现已中断：{what}")
CAMERA_WORKED = Sentence("camera {name} worked and is {state}: {what}", "摄像机 {name} 原先正常，现为 {state}：{what}")
NO_UPLINK = Sentence("there is no [uplink]", "没有 [uplink]")
PLATFORM_REACHED_NOT = Sentence("the platform was reached and is not: {what}", "平台原先可达，现已不可达：{what}")

# running.py
SETTINGS_WERE_REFUSED_2 = Sentence("the settings were refused: {problems}", "配置被拒绝：{problems}")

# shadow.py
SHADOW_FAR_OFF = Sentence(
    "camera {camera}: in {looks} looks it shares {share:.0%} of {objects} objects with the model that runs, and the "
    "release allows no less than {limit:.0%}",
    "摄像机 {camera}：在 {looks} 次检测中，"
    "与当前模型在 {objects} 个目标上仅一致 {share:.0%}，而该版本要求不低于 {limit:.0%}",
)
SHADOW_TOO_SLOW = Sentence(
    "camera {camera}: in {looks} looks it took {ms:.1f} ms each instead of {before:.1f} ms, and the release allows "
    "{limit:g} times as much",
    "摄像机 {camera}：在 {looks} 次检测中"
    "每次用时 {ms:.1f} ms，而当前模型为 {before:.1f} ms，该版本最多允许 {limit:g} 倍",
)
SHADOW_ENDED = Sentence(
    "camera {camera}: its vision process ended {ends} times while the model looked next to the one that runs",
    "摄像机 {camera}：模型影子运行期间，其视觉进程退出 {ends} 次",
)
SHADOW_RESTLESS = Sentence(
    "camera {camera}: its vision process ended {ends} times while the model looked next to the one that runs, and "
    "{before} times in the same time before: this says nothing of the model",
    "摄像机 {camera}：模型影子运行期间，其视觉进程退出 {ends} 次，而之前同样时长内退出 {before} 次：不能据此判断该模型",
)
SHADOW_MISFIT = Sentence(
    "camera {camera}: its interpreter cannot use the model, which does not fit its description",
    "摄像机 {camera}：模型与其描述不符，解释器无法使用",
)
SHADOW_NO_ROOM = Sentence(
    "camera {camera}: no memory for two models at once", "摄像机 {camera}：内存不足，无法同时加载两个模型"
)
SHADOW_NO_MODEL = Sentence(
    "camera {camera}: its vision process cannot read the model; one that started before there was a folder of models "
    "can do so after a restart of the agent",
    "摄像机 {camera}：其视觉进程无法读取该模型；若它在模型目录出现之前启动，重启程序后即可读取",
)
SHADOW_NO_LOOK = Sentence("camera {camera}: it saw no frame", "摄像机 {camera}：未看到任何画面")
SHADOW_FIGURES = Sentence(
    "camera {camera}: {looks} looks, {objects} objects instead of {objects_before}, {share:.0%} in common, mean score "
    "{score:.2f} instead of {score_before:.2f}, {ms:.1f} ms instead of {ms_before:.1f} ms",
    "摄像机 {camera}：{looks} 次检测，"
    "目标 {objects} 个（原为 {objects_before} 个），一致 {share:.0%}，平均得分 {score:.2f}"
    "（原为 {score_before:.2f}），用时 {ms:.1f} ms（原为 {ms_before:.1f} ms）",
)

# source.py
NO_FOLDER = Sentence("there is no folder {folder}", "没有目录 {folder}")
NO_2 = Sentence("there is no {path} in {folder}", "{folder} 中没有 {path}")
CANNOT_READ_2 = Sentence("{folder} cannot be read: {strerror}", "无法读取 {folder}：{strerror}")
TOOK_MORE_THAN = Sentence("{path} took more than {small_s:.0f} s", "{path} 用时超过 {small_s:.0f} s")
LARGER_THAN_BYTES = Sentence("{path} is larger than {most} bytes", "{path} 超过 {most} 字节")
NO = Sentence("{host} has no {path}", "{host} 没有 {path}")
LESS_THAN_BYTES = Sentence("{path} on {host} has less than {start} bytes", "{host} 上的 {path} 少于 {start} 字节")
SENDS_ANOTHER_PART_THAN = Sentence(
    "{host} sends another part of {path} than it was asked for", "{host} 发送的 {path} 部分与请求不符"
)
ANSWERS = Sentence("{host} answers {status} for {path}", "{host} 对 {path} 的应答为 {status}")
CANNOT_REACHED = Sentence("{host} cannot be reached: {exc}", "无法连接 {host}：{exc}")
CANNOT_WRITTEN = Sentence("{name} cannot be written: {strerror}", "无法写入 {name}：{strerror}")
LONGER_THAN_BYTES_SIGNATURE = Sentence(
    "{name} is longer than the {size} bytes that its signature speaks of", "{name} 超过其签名所述的 {size} 字节"
)
BROKE_OFF_AFTER_BYTES = Sentence(
    "{name} broke off after {have} of {size} bytes", "{name} 在 {size} 字节中的第 {have} 字节处中断"
)
BROKE_OFF = Sentence("{path} broke off: {exc}", "{path} 中断：{exc}")
CANNOT_READ = Sentence("{path} cannot be read: {strerror}", "无法读取 {path}：{strerror}")
SILENT = Sentence("silent for {silence_s:.0f} s", "{silence_s:.0f} s 没有数据")

# trial.py
AGENT_DID_NOT_TAKE = Sentence("the agent did not take it: {exc}", "程序没有采用它：{exc}")

# trust.py
CANNOT_USED_COPY_MAINTAINERS = Sentence(
    "{root_file} cannot be used: {exc}; copy the maintainers' root.json there",
    "无法使用 {root_file}：{exc}；请把维护方的 root.json 复制到该处",
)
SOURCE_NOT_TRUSTED = Sentence("the source is not to be trusted: {exc}", "发布源不可信：{exc}")
CANNOT_WRITTEN_2 = Sentence("{folder} cannot be written: {strerror}", "无法写入 {folder}：{strerror}")
SOURCE_NO_PLAN = Sentence("the source has no plan", "发布源没有计划")
ASSIGNED_NEVER_SIGNED = Sentence("{release} is assigned and was never signed", "{release} 已分配，但从未签名")
PLAN_MORE_THAN_BYTES = Sentence("the plan has more than {most_plan_bytes} bytes", "计划超过 {most_plan_bytes} 字节")
PLAN_NOT_FILE_SIGNED = Sentence("the plan is not the file that was signed", "计划与签名的文件不符")
PLAN_CANNOT_READ = Sentence("the plan cannot be read: {exc}", "无法读取计划：{exc}")
SOURCE_NOT_TRUSTED_OLDER = Sentence(
    "the source is not to be trusted: {role} {version} is older than {before}, seen before",
    "发布源不可信：{role} {version} 比先前见过的 {before} 更旧",
)

# updater.py
ASSIGNED_POLE_NO_MORE = Sentence("it is assigned to this pole no more", "不再分配给本杆")
ROLLOUT_PAUSED = Sentence("the rollout of {release} is paused: {why}", "{release} 的发布已暂停：{why}")
ROLLOUT_HOURS = Sentence(
    "{release} is taken from {first} to {last} o'clock UTC; it is {now:%H:%M}",
    "{release} 只在 UTC {first} 点到 {last} 点之间更新；现在是 {now:%H:%M}",
)
ROLLOUT_ABORTED = Sentence("its rollout was aborted: {why}", "其发布已中止：{why}")
SIGNED_ANOTHER_CONTENT_BEFORE = Sentence(
    "{release} was signed with another content before", "{release} 先前以不同内容签名"
)
WHAT_FETCHED_NOT_WHAT = Sentence(
    "{release}: what was fetched is not what was signed; it is fetched anew next time",
    "{release}：获取的内容与签名不符；下次重新获取",
)
BYTES_THEY_WERE_SIGNED = Sentence("{length} bytes as they were signed", "{length} 字节，与签名一致")
SAMPLES_FIT = Sentence("{golden} samples fit", "{golden} 个样本相符")
WAITS_POLEAGENT_INSTALL_SERVICE = Sentence(
    "{release} waits for poleagent-install.service", "{release} 等待 poleagent-install.service"
)
INSTALL_SERVICE_TRIES_AGAIN = Sentence(
    "{release} waits for poleagent-install.service, which tries again every ten minutes: {why}",
    "{release} 等待 poleagent-install.service，该服务每十分钟重试一次：{why}",
)
NO_CAMERA_LOADED = Sentence("no camera has loaded it", "没有摄像机加载它")
LOADED = Sentence("; loaded by {cameras}", "；由 {cameras} 加载")
ALL_WORKS_WORKED_BEFORE = Sentence(
    "all works that worked{where}; before: {what}", "原先正常的全部正常{where}；之前：{what}"
)
TRIAL_ENDED_FROM_OUTSIDE = Sentence("its trial was ended from outside", "试用被外部终止")

# ringrun.py
RING_HOLDS_NOTHING = Sentence(
    "the ring holds no readings of a known time yet; with [store] ring_bytes = 0 it never does",
    "环形缓存中还没有时间可信的读数；[store] ring_bytes = 0 时不会有",
)

# candidate.py
NOT_TRIED_ON_SERIES = Sentence(
    "{release} is a version of the agent: settings and models of series are tried on readings",
    "{release} 是程序版本：只有配置和时序模型可以用读数试算",
)
SHADOW_TRIES_CAMERAS = Sentence(
    "{release} is a model of cameras: it is tried on live frames, by the shadow step of an update",
    "{release} 是摄像头模型：由更新的影子运行用实时画面试用",
)
CHANGES_NOTHING = Sentence("it changes nothing on this pole: {kept}", "对本杆没有任何改变：{kept}")
NOBODY_USES_IT = Sentence("nothing here uses it, or it says what is in force", "本杆没有用到它，或内容与现行相同")

# series_shadow.py
SERIES_FIGURES = Sentence(
    "{windows} windows; what it could not say again {error:.3g} standard deviations ({before:.3g} of the one in "
    "force); {ms:.1f} ms a window ({ms_before:.1f})",
    "{windows} 个窗口；未能复现的部分 {error:.3g} 个标准差（现行模型 {before:.3g}）；每窗口 {ms:.1f} ms"
    "（{ms_before:.1f}）",
)
SERIES_FEW = Sentence(
    "{windows} windows, fewer than {least}: nothing is concluded", "{windows} 个窗口，少于 {least} 个：不作结论"
)
SERIES_FAR_OFF = Sentence(
    "it could not say again {error:.3g} standard deviations of this pole's readings, the one in force {before:.3g} "
    "({share:.0%} of it, at least {limit:.0%}; {windows} windows)",
    "对本杆读数未能复现的部分为 {error:.3g} 个标准差，现行模型为 {before:.3g}（后者为前者的 {share:.0%}，至少应为 "
    "{limit:.0%}；{windows} 个窗口）",
)
SERIES_TOO_SLOW = Sentence(
    "a window takes it {ms:.1f} ms, the one in force {before:.1f} (at most {limit:g} times as long)",
    "每个窗口用时 {ms:.1f} ms，现行模型 {before:.1f} ms（最多为 {limit:g} 倍）",
)
SERIES_NO_NUMBER = Sentence("it says what is no number of this pole's readings", "它对本杆读数的输出不是数字")
SERIES_ENDED = Sentence("its process failed {ends} times in a row: {why}", "其进程连续失败 {ends} 次：{why}")
