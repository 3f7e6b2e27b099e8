"""The keys of `citynerve.yaml`, each with what it holds and what it says."""

from collections.abc import Mapping

from rules.keys import Key

PRIORITIES = ("normal", "safety")
WATCHES = ("true", "false")
DESKS = ("beside", "apart")

FEED: Mapping[str, Key] = {
    "token": Key(
        "name",
        {"en": "SHA-256 of its token, see `citynerve token`", "zh": "令牌的 SHA-256,见 citynerve token"},
        "9f86d081…",
        is_required=True,
    ),
    "kinds": Key(
        "kinds",
        {"en": "kinds of events that it may send, all where it names none", "zh": "可发送的事件类型,不写则不限"},
        "[gate, camera]",
    ),
    "lateness": Key("duration", {"en": "how late its events may be", "zh": "允许的迟到时间"}, "2s"),
    "pause": Key(
        "duration",
        {"en": "how long it may be silent; after that it is down", "zh": "允许静默多久,超过即视为中断"},
        "1m",
    ),
    "priority": Key(
        "word", {"en": "whether its events go before all that waits", "zh": "是否优先处理"}, "safety", PRIORITIES
    ),
}
TLS: Mapping[str, Key] = {
    "certificate": Key(
        "text",
        {"en": "PEM file of its certificate, and of those that vouch for it", "zh": "证书文件(PEM,含中间证书)"},
        "tls/certificate.pem",
    ),
    "key": Key("text", {"en": "PEM file of its private key", "zh": "私钥文件(PEM)"}, "tls/key.pem"),
}
HTTP: Mapping[str, Key] = {
    "host": Key("text", {"en": "address that is listened on", "zh": "监听地址"}, "127.0.0.1"),
    "port": Key("whole", {"en": "its port, 0 for any that is free", "zh": "监听端口,0 表示任选"}, "8080"),
    "tls": Key(
        "mapping",
        {"en": "certificate and key; without them it speaks plain HTTP", "zh": "证书与私钥,不写则为明文 HTTP"},
        "{certificate: tls/certificate.pem, key: tls/key.pem}",
        keys=TLS,
    ),
}
METRICS: Mapping[str, Key] = {
    "host": Key("text", {"en": "address that Prometheus asks", "zh": "Prometheus 抓取的地址"}, "127.0.0.1"),
    "port": Key("whole", {"en": "its port, 0 for any that is free", "zh": "端口,0 表示任选"}, "9108"),
}
LOG: Mapping[str, Key] = {
    "keep": Key(
        "duration", {"en": "how long what nobody needs any more is kept", "zh": "不再需要的数据保留多久"}, "7d"
    ),
    "keep_gib": Key(
        "whole", {"en": "how much of it is kept at most; usual: 1024", "zh": "最多保留多少 GiB,默认 1024"}, "500"
    ),
    "headroom_mib": Key(
        "whole",
        {
            "en": "what stays free on the disk; below it nothing is acknowledged",
            "zh": "磁盘须留的空间,低于此值不再确认",
        },
        "1024",
    ),
    "segment_mib": Key("whole", {"en": "size of a file of the log", "zh": "日志文件大小"}, "256"),
    "zstd": Key(
        "whole", {"en": "level of compression, 0 for none, as is usual", "zh": "压缩级别,0 为不压缩(默认)"}, "3"
    ),
    "commit_wait": Key(
        "duration",
        {
            "en": "how long a commit waits for more to come, unless something urgent does; usual: not at all",
            "zh": "一次提交等待更多数据的时间,紧急数据不等待;默认不等待",
        },
        "5ms",
    ),
    "commit_mib": Key(
        "whole",
        {
            "en": "text that is made durable at once at most; what is urgent waits for the commit under way",
            "zh": "一次提交的数据上限,紧急数据要等正在进行的提交完成",
        },
        "8",
    ),
}
TOP: Mapping[str, Key] = {
    "version": Key(
        "word", {"en": "version of this file's language", "zh": "文件格式版本"}, "1", ("1",), is_required=True
    ),
    "data": Key("text", {"en": "folder of the logs and snapshots", "zh": "日志与快照的目录"}, "data"),
    "rules": Key(
        "names",
        {
            "en": "files and folders of rules, the shipped library where none is named",
            "zh": "规则文件或目录,不写则用自带规则库",
        },
        "[rules]",
    ),
    "reference": Key("text", {"en": "folder of the reference sets", "zh": "参考集目录"}, "reference"),
    "watch": Key(
        "word",
        {
            "en": "whether rules and sets are published when their files change; usual: true",
            "zh": "规则和参考集的文件变化时是否自动发布,默认 true",
        },
        "false",
        WATCHES,
    ),
    "shards": Key("whole", {"en": "shards, one a core", "zh": "分片数,每核一个"}, "1"),
    "feeds": Key(
        "mapping",
        {"en": "whoever sends events, by name", "zh": "事件来源,按名称"},
        "{gates: {token: 9f86…}}",
        keys=FEED,
        is_required=True,
    ),
    "desk": Key(
        "word",
        {
            "en": "whether a desk runs beside the engine, or apart, as `citynerve desk`",
            "zh": "派发程序随引擎运行(beside),还是用 citynerve desk 单独运行(apart)",
        },
        "beside",
        DESKS,
    ),
    "http": Key("mapping", {"en": "where events are posted to", "zh": "接收事件的地址"}, "{port: 8080}", keys=HTTP),
    "metrics": Key(
        "mapping",
        {"en": "where metrics and health are asked", "zh": "指标与健康检查的地址"},
        "{port: 9108}",
        keys=METRICS,
    ),
    "log": Key("mapping", {"en": "how long the log is kept", "zh": "日志的保留"}, "{keep: 7d}", keys=LOG),
}
