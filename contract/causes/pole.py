"""Settings, models, cameras."""

from __future__ import annotations

from contract.causes.row import Rank, cause

CAUSES = (
    cause(
        "settings.missing",
        Rank.NOTHING_RUNS,
        ("There are no settings.", "没有配置文件。"),
        ("Write them: 'poleagent sample' prints a beginning.", "请编写：'poleagent sample' 可输出样例。"),
    ),
    cause(
        "settings.unreadable",
        Rank.NOTHING_RUNS,
        ("The agent's user may not read the settings.", "程序的用户无权读取配置。"),
        (
            "Give its group the right: 'sudo chgrp poleagent FILE; sudo chmod 640 FILE'.",
            "授权：'sudo chgrp poleagent FILE; sudo chmod 640 FILE'。",
        ),
    ),
    cause(
        "settings.syntax",
        Rank.NOTHING_RUNS,
        ("The settings are not well-formed.", "配置文件格式错误。"),
        ("Correct the line; 'poleagent check' shows whether it is good.", "修正该行；用 'poleagent check' 检查。"),
    ),
    cause(
        "settings.sample",
        Rank.NOTHING_RUNS,
        ("The settings are still the sample.", "配置仍为样例。"),
        ("Set at least the pole's id, its lines and its devices.", "至少填写灯杆 ID、线路和设备。"),
    ),
    cause(
        "settings.unknown",
        Rank.NOTHING_RUNS,
        ("The settings have an option that is none.", "配置中有不存在的选项。"),
        ("Correct its name; 'poleagent check' shows whether it is good.", "修正其名称；用 'poleagent check' 检查。"),
    ),
    cause(
        "settings.secret_open",
        Rank.NOTHING_RUNS,
        ("Every user of the box can read a secret file.", "本机所有用户都能读取机密文件。"),
        ("'sudo chmod 640' that file.", "对该文件执行 'sudo chmod 640'。"),
    ),
    cause(
        "settings.file",
        Rank.NOTHING_RUNS,
        ("The settings name a file that cannot be read.", "配置所指的文件无法读取。"),
        ("Put the file there, or correct its name.", "放好该文件，或修正其名称。"),
    ),
    cause(
        "settings.value",
        Rank.NOTHING_RUNS,
        ("The settings have a value that will not do.", "配置中有无效的值。"),
        ("Correct the value; 'poleagent check' shows whether it is good.", "修正该值；用 'poleagent check' 检查。"),
    ),
    cause(
        "settings.refused",
        Rank.PART,
        ("The running agent refused the new settings.", "运行中的程序拒绝了新配置。"),
        ("Correct them, then 'poleagent reload'.", "修正后执行 'poleagent reload'。"),
    ),
    cause(
        "settings.pending",
        Rank.LATER,
        ("Settings were changed and are not in force yet.", "配置已修改但尚未生效。"),
        ("'sudo systemctl restart poleagent'.", "执行 'sudo systemctl restart poleagent'。"),
    ),
    cause(
        "settings.nothing",
        Rank.PART,
        ("Nothing is measured.", "没有任何测量。"),
        (
            "Add a [line.NAME] and a [device.NAME], or a [camera.NAME].",
            "请添加 [line.NAME] 和 [device.NAME]，或 [camera.NAME]。",
        ),
    ),
    cause(
        "settings.warning",
        Rank.LATER,
        ("The settings will do, but deserve a look.", "配置可用，但需要留意。"),
        ("Do what the reading says.", "请按检测结果处理。"),
    ),
    cause(
        "model.missing",
        Rank.DEVICE,
        ("The model is not there.", "模型不存在。"),
        ("Put the model's folder there, or correct its name.", "放好模型目录，或修正其名称。"),
    ),
    cause(
        "model.changed",
        Rank.DEVICE,
        ("The model's file is not the one that is described.", "模型文件与描述不符。"),
        ("Copy the model again.", "重新复制模型。"),
    ),
    cause(
        "model.shape",
        Rank.DEVICE,
        ("The model has other inputs or outputs than is described.", "模型的输入或输出与描述不符。"),
        ("Correct model.toml, or take the model that it describes.", "修正 model.toml，或使用其描述的模型。"),
    ),
    cause(
        "model.unusable",
        Rank.DEVICE,
        ("The model cannot be used.", "模型无法使用。"),
        ("Correct model.toml.", "修正 model.toml。"),
    ),
    cause(
        "model.runtime",
        Rank.DEVICE,
        ("What runs models is not installed.", "未安装模型运行库。"),
        ("Install the package poleagent-vision.", "安装 poleagent-vision 软件包。"),
    ),
    cause(
        "model.slow",
        Rank.LATER,
        ("The trained model of [anomaly] fails or is too slow.", "[anomaly] 的训练模型出错或过慢。"),
        ("Choose a smaller model, or switch it off.", "选用更小的模型，或将其关闭。"),
    ),
    cause(
        "camera.no_signal",
        Rank.DEVICE,
        ("The camera gives no frames.", "摄像机没有画面。"),
        ("Check its power, cable and address.", "检查其供电、网线和地址。"),
    ),
    cause(
        "camera.frozen",
        Rank.DEVICE,
        ("The frames of the camera stand still.", "摄像机画面静止。"),
        ("Restart the camera.", "重启摄像机。"),
    ),
    cause(
        "camera.crashed",
        Rank.DEVICE,
        ("The decoder cannot bear this camera's stream.", "解码器无法处理此摄像机的码流。"),
        (
            "Update its firmware, or choose another codec (H.264, MJPEG).",
            "更新其固件，或改用其他编码（H.264、MJPEG）。",
        ),
    ),
    cause(
        "camera.too_dark",
        Rank.DEVICE,
        ("The frames are too dark.", "画面过暗。"),
        ("Check the lamp or the camera's infrared light.", "检查灯具或摄像机的红外灯。"),
    ),
    cause(
        "camera.lossy",
        Rank.DEVICE,
        ("The camera's stream comes with holes.", "摄像机码流有丢失。"),
        ("Check cable and switch, or lower its bit rate.", "检查网线和交换机，或降低码率。"),
    ),
    cause(
        "camera.refused",
        Rank.DEVICE,
        ("The camera's settings do not allow it to start.", "摄像机的配置不允许启动。"),
        ("Correct the settings and run 'poleagent reload'.", "修正配置并执行 'poleagent reload'。"),
    ),
    cause(
        "camera.waiting",
        Rank.DEVICE,
        ("The camera has not started.", "摄像机尚未启动。"),
        ("Do what the reading says.", "请按检测结果处理。"),
    ),
    cause(
        "camera.tampered",
        Rank.DEVICE,
        ("The camera's view has changed.", "摄像机视野已改变。"),
        ("Look at the camera.", "请查看摄像机。"),
    ),
    cause(
        "camera.unconfined",
        Rank.LATER,
        ("The camera's process keeps the rights of the agent.", "摄像机进程保留了程序的权限。"),
        ("Install a kernel of Debian 12 or later.", "安装 Debian 12 或更新的内核。"),
    ),
    cause(
        "alert.open",
        Rank.LATER,
        ("What the agent has reported is not over yet.", "程序报告的情况尚未结束。"),
        ("Do what the reading says.", "请按检测结果处理。"),
    ),
)
