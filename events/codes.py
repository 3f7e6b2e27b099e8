"""Every code that a finding about schemas, sets, feeds and mappings can carry, and what it means.

The codes of rule files are in `rules.codes`. A code keeps its meaning for ever.
"""

from events.schema import Text

CODES: dict[str, Text] = {
    "S001": {"en": "a schema file or folder cannot be read", "zh": "无法读取事件类型(schema)文件或目录"},
    "S002": {"en": "a schema file is not YAML or not UTF-8", "zh": "schema 文件不是有效的 YAML 或 UTF-8"},
    "S003": {"en": "a key or a value of a schema is not as it must be", "zh": "schema 中的键或值不正确"},
    "S004": {"en": "a kind or a field is declared twice", "zh": "事件类型或字段重复声明"},
    "C000": {"en": "the configuration of an engine is empty", "zh": "引擎的配置文件为空"},
    "C001": {"en": "a token of the configuration is no SHA-256", "zh": "配置中的令牌不是 SHA-256"},
    "C002": {"en": "two feeds have the same token", "zh": "两个数据源使用同一令牌"},
    "C003": {"en": "two servers of an engine have the same port", "zh": "引擎的两个服务使用同一端口"},
    "C004": {"en": "the certificate or the key of `http.tls` cannot be used", "zh": "http.tls 的证书或私钥无法使用"},
    "C005": {
        "en": "a file or folder of the configuration is not there, or not what it should be",
        "zh": "配置中的文件或目录不存在或不合要求",
    },
    "D001": {"en": "an input or the file of a set cannot be read", "zh": "无法读取输入文件或参考集文件"},
    "D002": {"en": "the header of a table is missing or wrong", "zh": "表头缺失或有误"},
    "D003": {"en": "a row of a table cannot be read", "zh": "表中有无法读取的行"},
    "D004": {"en": "a cell is not of its column's type", "zh": "单元格与列的类型不符"},
    "D005": {
        "en": "a compressed file is damaged or ends early, or a file was cut while it was read",
        "zh": "压缩文件损坏或不完整,或文件在读取期间被截短",
    },
    "D006": {"en": "the input is not UTF-8 text but UTF-16 or the like", "zh": "输入是 UTF-16 之类的双字节编码"},
    "D007": {"en": "a file cannot be written", "zh": "无法写入文件"},
    "D008": {"en": "a survey found nothing to make a set of", "zh": "调查未发现可生成参考集的数据"},
    "D009": {"en": "no input has an event", "zh": "输入中没有任何事件"},
    "D010": {"en": "there is no file for a set that the rules read", "zh": "规则要读取的参考集没有文件"},
    "D011": {"en": "a set is empty", "zh": "参考集为空"},
    "D012": {"en": "a set has no usable row, or lacks a column of its key", "zh": "参考集没有可用的行,或缺少主键列"},
    "M001": {"en": "a mapping file cannot be read", "zh": "无法读取映射文件"},
    "M002": {"en": "a key or a value of a mapping is not as it must be", "zh": "映射中的键或值不正确"},
    "M010": {"en": "the input lacks a column that the mapping reads", "zh": "输入缺少映射要读取的列"},
    "W410": {"en": "a set lacks a column; it is missing everywhere", "zh": "参考集缺少一列,该列一律按缺失处理"},
    "W411": {"en": "rows of a set were passed over", "zh": "参考集中有未采用的行"},
    "W412": {"en": "`devices` has no file; it fills in nothing", "zh": "参考集 devices 没有文件,不补全事件"},
    "W413": {"en": "a set that a score reads has no file", "zh": "评分读取的参考集没有文件"},
    "W414": {"en": "a set has lost more than a fifth of its rows", "zh": "参考集减少了超过五分之一的行"},
    "W501": {"en": "the input does not look like one object a line", "zh": "输入看起来不是每行一个对象"},
    "W601": {"en": "a variable stands for no key of the configuration", "zh": "环境变量与配置中的键不对应"},
}
