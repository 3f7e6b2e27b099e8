"""Every code that an expression's error or warning can carry, and what it means."""

from events.schema import Text

CODES: dict[str, Text] = {
    "E021": {"en": "the key given does not fit the set's key", "zh": "给出的键与参考集主键不一致"},
    "E101": {"en": "the expression is too long, too large or too deeply nested", "zh": "表达式过长、过大或嵌套过深"},
    "E102": {"en": "the expression cannot be read here", "zh": "表达式在此处无法解析"},
    "E103": {"en": "a full-width or other foreign character", "zh": "全角字符或不支持的字符"},
    "E104": {"en": "unknown field or name", "zh": "未知的字段或名称"},
    "E105": {
        "en": "unknown set or score, or a column that the set does not have",
        "zh": "未知的参考集或评分,或参考集没有该列",
    },
    "E106": {"en": "a value that the field never has", "zh": "字段不存在该取值"},
    "E107": {"en": "the types do not fit", "zh": "类型不一致"},
    "E108": {"en": "the units do not fit", "zh": "单位不一致"},
    "E109": {"en": "a spelling of another language", "zh": "其他语言的写法"},
    "E110": {"en": "unknown function", "zh": "未知的函数"},
    "E111": {"en": "the function takes other arguments", "zh": "函数参数不对"},
    "E112": {"en": "an ambiguous short form", "zh": "简写有歧义"},
    "E113": {"en": "a number or unit that cannot be read", "zh": "无法识别的数字或单位"},
    "E114": {"en": "a value where a condition is needed", "zh": "此处需要条件"},
    "E115": {"en": "the kinds of `from` give one name different types", "zh": "`from` 中各类事件的同名字段类型不同"},
    "E116": {"en": "known, but not to be used in this place", "zh": "此处不能使用"},
    "E117": {"en": "a macro that names itself, or grows too large", "zh": "宏循环引用或展开过大"},
    "E118": {"en": "this version does not have it", "zh": "当前版本尚不支持"},
    "E119": {"en": "the set cannot be joined: a key field is missing", "zh": "无法关联参考集:缺少主键字段"},
    "E120": {"en": "unknown area", "zh": "未知的区域"},
    "E121": {
        "en": "a score whose events or whose key are not the rule's",
        "zh": "评分的事件类型或主键与规则不符",
    },
    "E122": {"en": "the score does not say that", "zh": "评分没有该结果"},
    "E130": {"en": "a calendar that cannot be read", "zh": "无法识别的日历"},
    "W202": {
        "en": "some kinds of `from` lack the field; it is null there",
        "zh": "`from` 中部分事件没有该字段,按缺失处理",
    },
    "W203": {"en": "a condition that is never true", "zh": "永远不成立的条件"},
    "W204": {
        "en": "compared with a number beyond its range: never true, or always",
        "zh": "与取值范围之外的数比较:永远不成立,或总是成立",
    },
}
