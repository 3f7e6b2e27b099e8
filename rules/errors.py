"""The table of codes, in both languages, and how problems are printed: place, line, caret, advice.

Y codes are about YAML, E0 about a rule's shape and its names, E1 and E2 about expressions (their table is
`rules.expression`), W are warnings. A code keeps its meaning for ever.
"""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from events.place import Place, Problem
from events.plural import many
from rules.excerpt import Sources, excerpt, harmless, plain

SHOWN_MAX = 200  # problems that are printed; who has more begins with these


class Code(NamedTuple):
    """What a code says, with `{holes}`: the finding and what to do, in English and Chinese.

    `{count:rule}` is the number with its noun: `1 rule`, `2 rules`.
    """

    en: str
    zh: str
    advice_en: str = ""
    advice_zh: str = ""


# One code a line reads best as a table.
# fmt: off
CODES: dict[str, Code] = {
    "Y001": Code("this file is not readable as YAML", "文件不是有效的 YAML", "compare this line with the ones above it", "请与上面的行对照"),
    "Y002": Code("the colon in `{part}` ends the value", "值里有英文冒号,请给整段文字加引号", "write  {fixed}", "请写成  {fixed}"),
    "Y003": Code("full-width `{mark}`{after}", "这里要用英文符号 `{ascii}`", "type `{ascii}` with the input method off", "请关闭中文输入法后输入 {ascii}"),
    "Y004": Code("a tab in the indentation", "缩进里有制表符(Tab)", "indent with spaces only", "缩进只能用空格"),
    "Y005": Code("a {name} that looks like a blank", "这里有一个看起来像空格的字符({name_zh})", "delete it and type a plain space", "请删掉后输入普通空格"),
    "Y006": Code("`{key}` is there twice; first at line {line}, column {column}", "`{key}` 重复,第一次出现在第 {line} 行第 {column} 列", "keep one of them", "只保留一个"),
    "Y007": Code("`{mark}`: anchors and aliases are not part of the rule language", "`{mark}`:规则语言不支持锚点和别名", "write the value out, or name an expression in `let`; a text that begins so needs quotes", "请写出完整的值,或用 let 给表达式命名;以此开头的文字要加引号"),
    "Y008": Code("nested deeper than {limit} levels", "嵌套超过 {limit} 层"),
    "Y009": Code("a second document begins here", "这里开始了第二个文档", "use one file for each, without `---` between", "请分成两个文件,不要用 ---"),
    "Y010": Code("the file has {size} KB, the limit is {limit} KB", "文件有 {size} KB,上限 {limit} KB", "split it; data belong into reference sets", "请拆分文件;数据应放进参考集"),
    "Y011": Code("the file is not UTF-8", "文件编码不是 UTF-8", "save it as UTF-8", "请另存为 UTF-8"),
    "Y012": Code("a key must be a plain word", "键必须是一个普通的词"),
    "Y013": Code("`{mark}`: a value that begins with `!` is a YAML tag", "`{mark}`:以 ! 开头的值是 YAML 标签,规则语言不支持", "for a negation write `not ...`; a text needs quotes", "取反请写 not ...;文字要加引号"),
    "Y014": Code("this quote is never closed", "这个引号没有闭合", "close it on the same line", "请在同一行补上引号"),
    "Y015": Code("an unknown `\\` escape inside double quotes", "双引号里有无法识别的 \\ 转义", "write `\\\\`, or use single quotes", "请写成 \\\\,或改用单引号"),
    "Y016": Code("a value cannot begin with `{mark}`", "值不能以 `{mark}` 开头", "put the value into quotes", "请给整个值加引号"),
    "Y017": Code("`{line}` is not of the form `key: value`", "`{line}` 不是“键: 值”的形式", "write a colon and a space after the key", "键后面要有英文冒号和空格"),
    "Y018": Code("this bracket is not closed, or a comma is missing in it", "括号没有闭合,或里面缺少逗号", "close it; a value with commas or colons needs quotes", "请补上括号;含逗号或冒号的值要加引号"),
    "Y019": Code("text goes on after the closing quote", "引号之后还有文字", "put the whole value into other quotes: \"'a' == b\"", "请用另一种引号括住整个值:\"'a' == b\""),
    "Y020": Code("this line is indented differently from its neighbours", "这一行的缩进与上下文不一致", "align it with the keys of the same rule", "请与同一规则的其它键对齐"),
    "Y021": Code("a list with `-` begins on its own line", "用 - 的列表要另起一行", "start a new line, or write [a, b]", "请换行,或写成 [a, b]"),
    "Y022": Code("an unprintable character {name}", "有不可打印的字符 {name}", "delete it", "请删除"),
    "Y023": Code("`{mark}` begins a text of several lines", "以 `{mark}` 开头的值是多行文字", "a condition names what it compares: `x > 5`; a text needs quotes", "条件要写出比较的对象,如 x > 5;文字要加引号"),
    "Y024": Code("a line that begins with `%` is a YAML directive", "以 % 开头的行是 YAML 指令,规则语言不支持", "delete it", "请删除"),
    "Y025": Code("`{line}` goes on after what was all of the file", "文件内容在此之前已经结束,后面还有 `{line}`", "write  key: value  from the first line on", "从第一行起都应写成  键: 值"),
    "Y026": Code("text goes on after the closing bracket", "括号之后还有文字", "put the whole value into quotes", "请给整个值加引号"),
    "Y027": Code("more than {limit} problems in this file; the rest was not read", "文件中的问题超过 {limit} 个,其余部分未检查", "mend these first", "请先修改以上问题"),
    "Y028": Code("a list item stands where a key is needed", "需要写键的位置写成了列表项", "write the key that it belongs to on the line above, such as  rules:", "请在上一行写出它所属的键,例如  rules:"),
    "Y030": Code("cannot read this file: {why}", "无法读取文件:{why_zh}", "did you mean {near}?", "是否想写 {near}?"),
    "Y031": Code("no rule in any of the given files", "给出的文件里没有任何规则", "name a file or folder with `rules:`", "请给出含有 rules: 的文件或目录"),
    "Y032": Code("in braces this comma ends the value", "花括号里,逗号会结束这个值", "write  {fixed}", "请写成  {fixed}"),
    "Y033": Code("a blank is missing behind `-`", "- 后面缺少空格", "write  {fixed}", "请写成  {fixed}"),
    "Y034": Code("in braces `[` cannot stand inside a condition", "花括号里,条件中不能出现 `[`", "write values in parentheses, and the whole condition in double quotes: \"site in ('a', 'b')\"", "取值请用圆括号,整个条件加双引号:\"site in ('a', 'b')\""),
    "E001": Code("`{key}` must be {wanted}, not {got}", "`{key}` 应为{wanted_zh},而不是{got_zh}", "for example  {near}", "例如  {near}"),
    "E002": Code("unknown key `{key}` in {where}", "{where_zh}没有 `{key}` 这个键", "did you mean `{near}`?", "是否想写 {near}?"),
    "E003": Code("{where} lacks `{key}`", "{where_zh}缺少 `{key}`", "write  {near}", "请写  {near}"),
    "E004": Code("`version` must be 1", "version 必须是 1", "write  version: 1", "请写  version: 1"),
    "E005": Code("`rules` is empty", "rules 为空", "add a rule, or leave `rules` out of a vocabulary file", "请添加规则;词汇文件不写 rules"),
    "E006": Code("`{name}` cannot name a {what}: small letters a-z, digits and `_`{first}", "`{name}` 不能作为{what_zh}:只能用小写字母、数字和下划线{first_zh}", "for example `{near}`", "例如 {near}"),
    "E007": Code("{what} `{name}` is there twice; first in {path}, line {line}", "{what_zh} `{name}` 重复,第一次在 {path} 第 {line} 行", "give it another name", "请换一个名字"),
    "E008": Code("unknown {what} `{word}`", "没有 `{word}` 这个{what_zh}", "did you mean `{near}`?", "是否想写 {near}?"),
    "E009": Code("`{text}` is not a duration", "`{text}` 不是时长", "a number and ms, s, m, h, d or w: {near}", "数字加 ms、s、m、h、d 或 w:{near}"),
    "E010": Code("a rule has at most one pattern; this one has {patterns}", "一条规则最多一个模式,这条有{patterns_zh}", "make two rules of it", "请拆成两条规则"),
    "E011": Code("{what} is not in this version", "这个版本还没有{what_zh}", "{advice}", "{advice_zh}"),
    "E012": Code("`{key}` needs `{other}` beside it", "`{key}` 需要同时写 `{other}`", "write  {near}", "请写  {near}"),
    "E013": Code("`{text}` is not a date", "`{text}` 不是日期", "write it like 2026-12-31", "请写成 2026-12-31"),
    "E014": Code("`default` must be the last rung of `severity`, and there must be one", "severity 的最后一级必须是 default,且只有一个", "{{high: condition, medium: default}}", "{{high: 条件, medium: default}}"),
    "E015": Code("`{key}` must be a whole number of at least {least}, not `{text}`", "`{key}` 应为不小于 {least} 的整数,而不是 `{text}`", "write digits alone: 10000", "只写数字,如 10000"),
    "E016": Code("`{key}` needs a text in `zh` or `en`", "`{key}` 需要 zh 或 en 文字"),
    "E017": Code("{what} `{name}` is declared twice, and differently; first in {path}, line {line}", "{what_zh} `{name}` 两次声明不一致,第一次在 {path} 第 {line} 行", "keep one declaration", "请只保留一处声明"),
    "E018": Code("unknown column type `{word}`", "没有 `{word}` 这种列类型", "one of time, number, flag, enum, id, ephemeral, text", "可用 time number flag enum id ephemeral text"),
    "E019": Code("the key field `{name}` of set `{set}` is no id, enum or text", "参考集 `{set}` 的主键 `{name}` 不是 id、enum 或 text"),
    "E020": Code("unknown timezone `{name}`", "没有时区 `{name}`", "for example Asia/Shanghai", "例如 Asia/Shanghai"),
    "E023": Code("the key field `{name}` is missing in kind {kinds}", "{kinds} 事件没有主键字段 `{name}`", "take the kind out of `from`, or another key", "请从 from 中去掉该类事件,或换一个主键"),
    "E024": Code("`{name}` is {a_type} and cannot be a key", "`{name}` 的类型是 {type},不能作主键", "keys are id, ephemeral, enum or text fields", "主键只能是 id、ephemeral、enum 或 text 字段"),
    "E025": Code("`expect: {set}` needs the key {wanted}, the rule has {got}", "`expect: {set}` 要求主键为 {wanted},规则写的是 {got}", "write  key: {wanted}", "请写  key: {wanted}"),
    "E026": Code("{name} is compared with `{text}`, and nothing says how large that may be", "{name} 与 `{text}` 比较,但没有声明它的上限", "declare it: {{type: number, max: 200}}", "请声明上限:{{type: number, max: 200}}"),
    "E028": Code("`${{` is not closed", "`${{` 没有闭合", "write ${{expression}}; for a literal ${{ write $${{", "请写 ${{表达式}};要显示 ${{ 请写 $${{"),
    "E030": Code("`{key}` is out of range: {least} to {most}", "`{key}` 超出范围:{least} 到 {most}", "{advice}", "{advice_zh}"),
    "E031": Code("purpose `{purpose}` may not read the personal `{name}`", "用途 `{purpose}` 不允许读取个人信息 `{name}`", "take another purpose if it is true, or leave the field out", "如属实请改用途,否则不要读取该字段"),
    "E032": Code("{name} is compared with {count}, more than {limit} remembered events a key", "{name} 与 {count} 比较,超过每个主键最多记住的 {limit} 个事件", "count in a tumbling window instead", "请改用翻滚窗口(tumbling)"),
    "E033": Code("more than {limit} rules", "规则超过 {limit} 条"),
    "E035": Code("`expect` names no set: `{name}`", "expect 写的 `{name}` 不是参考集", "did you mean `{near}`?", "是否想写 {near}?"),
    "E036": Code("civil time is spoken of here, and no timezone is declared", "这里用到当地时间,但没有声明城市的时区", "write  timezone: Asia/Shanghai  in the vocabulary", "请在词汇文件写  timezone: Asia/Shanghai"),
    "E038": Code("{name} must stand alone on one side of a comparison", "比较时 {name} 必须单独在一边", "move the rest to the other side: {name} >= 2 * x", "请把其余部分移到另一边,例如 {name} >= 2 * x"),
    "E039": Code("`active` of an absence reads calendars only", "缺席规则的 active 只能使用日历", "declare the hours as a calendar", "请把时段声明为日历"),
    "E040": Code("`from` has no place beside `sequence`", "写了 sequence 就不写 from", "each step names its kinds", "请在各步中写事件类型"),
    "E041": Code("a step has just one of `first`, `not`, `then`; this one has {got}", "每一步只写 first、not、then 之一,这里有 {got}", "for example  {{then: camera, within: 4s}}", "例如  {{then: camera, within: 4s}}"),
    "E042": Code("a sequence begins with `first`, and only once; here is `{role}`", "sequence 以 first 开头且只写一次,这里是 {role}", "first: the event that begins it; then: what follows", "first 为起始事件,之后写 then"),
    "E043": Code("`{key}` has no place in a `{role}` step", "`{role}` 步骤里不能写 `{key}`", "write it in a `then` step", "请写在 then 步骤里"),
    "E044": Code("a `not` at the end needs `within`: how long to wait for what does not come", "末尾的 not 需要 within:等多久", "for example  within: 3m", "例如  within: 3m"),
    "E045": Code("`within` of a `not` that is not the last step", "中间的 not 不能写 within", "write it in the `then` behind it", "请写在后面的 then 步骤里"),
    "E046": Code("a sequence of {count} steps, the limit is {limit}", "sequence 有 {count} 步,上限 {limit} 步"),
    "E047": Code("a sequence of one step", "sequence 只有一步", "add `then` or `not`; one event alone needs no pattern", "请加上 then 或 not;单个事件不需要模式"),
    "E048": Code("`{text}` is not how often a step is needed", "`{text}` 不是次数的写法", "write  times: 2  or  times: 2 distinct track  (an id, text or enum)", "请写  times: 2  或  times: 2 distinct track(编号、文本或枚举字段)"),
    "E049": Code("two `not` at the end", "末尾有两个 not", "join them: not: [a, b] with a `when`", "请合并:not: [a, b],用 when 区分"),
    "E050": Code("`{key}` does not go with this window", "`{key}` 不能与这种窗口一起使用", "windows that it goes with: {others}", "可用的窗口:{others}"),
    "E051": Code("{name} is compared with {count}, and tells at most {limit} values of a key apart", "{name} 与 {count} 比较,但每个主键最多区分 {limit} 个取值"),
    "E052": Code("a {season} is no multiple of {length}", "{length} 不能整除一个周期({season})", "take a window such as 15m or 1h", "请用 15m、1h 等窗口"),
    "E053": Code("`change` asks nothing of the event before", "change 没有用到上一事件", "use prev.field, elapsed(prev), first_seen(x) ...; a condition on one event stands in `when`", "请使用 prev.字段、elapsed(prev)、first_seen(x) 等;单个事件的条件写在 when 里"),
    "E054": Code("`forget` beside `expect`: what is expected is never forgotten", "写了 expect 就不写 forget:名单上的不会被遗忘", "leave one of them out", "请去掉其中一个"),
    "E055": Code("the key of this step is not of the same fields as that of the first: {wanted}", "这一步的主键与第一步的不一致:{wanted}", "as many fields, of the same types, in the same order", "字段个数、类型、顺序都要相同"),
    "E056": Code("`baseline` is not asked for", "没有用到 baseline", "use zscore(...) or expected(...), or leave it out", "请使用 zscore(...) 或 expected(...),否则去掉"),
    "E058": Code("label `{name}` is more or less than one expression", "标签 {name} 不是单个表达式", "ask for the field itself", "请直接使用字段"),
    "E059": Code("`coverage()` cannot choose the sights of an absence", "coverage() 不能用来选取 absence 的事件", "a sight is a sight: write it in `unless`, which stops the clock", "看到就是看到:请写进 unless,由它停表"),
    "E060": Code("a vertex is two numbers", "顶点应为两个数字", "write  [0.5, 12]", "请写  [0.5, 12]"),
    "E061": Code("area `{name}` encloses nothing", "区域 {name} 没有面积", "at least three vertices that are not on one line", "至少三个不在一条直线上的顶点"),
    "E062": Code("the edges {first} and {second} of area `{name}` meet", "区域 {name} 的第 {first} 条边与第 {second} 条边相交", "list the vertices in order, once around", "请按顺序绕一圈列出顶点"),
    "E063": Code("{point} is no place on earth (area `{name}`)", "{point} 不是地球上的位置(区域 {name})", "longitude first: [116.4, 39.9]; metres need a `site`", "经度在前:[116.4, 39.9];以米为单位请写 site"),
    "E064": Code("this is no GeoJSON: {why}", "不是 GeoJSON:{why}"),
    "E065": Code("feature {number} has no good name: `{name}`", "第 {number} 个要素没有合适的名称:`{name}`", "properties: {{name: bank_lobby}}: small letters, digits and `_`", "properties: {{name: bank_lobby}}:小写字母、数字和下划线"),
    "E066": Code("area `{name}` is a {got}", "区域 {name} 的类型是 {got}", "draw a Polygon or MultiPolygon", "请画成 Polygon 或 MultiPolygon"),
    "E067": Code("area `{name}` has {count} vertices, the limit is {limit}", "区域 {name} 有 {count} 个顶点,上限 {limit}", "simplify it", "请简化"),
    "E068": Code("a rule stands in the list under `rules`", "规则应写在 rules 下面的列表里", "write  rules:  and below it, indented,  - rule: {name}", "请写  rules:  并在其下缩进写  - rule: {name}"),
    "E069": Code("a list, where keys are needed: the rules of a file stand under `rules`", "文件最外层应为键而不是列表:规则写在 rules 下面", "write  version: 1  and  rules:  above it", "请在它上面写  version: 1  和  rules:"),
    "E070": Code("`{text}` is not an instant", "`{text}` 不是时刻", "write it with an offset: 2026-11-23T23:00:00+08:00", "请带上时区:2026-11-23T23:00:00+08:00"),
    "E071": Code("`{text}` is not a share of devices", "`{text}` 不是设备比例", "0% to 100%, in steps of 10%", "0% 到 100%,以 10% 为步长"),
    "E072": Code("`{name}` of {where} is {a_type}, not `{text}`", "{where_zh}的 {name} 类型是 {type},不能是 `{text}`", "{advice}", "{advice_zh}"),
    "E073": Code("`alive` needs a set `devices` with `site` and `expected_s`; the rules declare none", "alive 需要含 site 和 expected_s 的参考集 devices,规则没有声明"),
    "E074": Code("this event is refused: {reason}", "该事件被拒收:{reason}"),
    "E075": Code("an outage ends before it begins", "中断的结束早于开始", "{{feed: gate, from: 1h, to: 3h}}", "{{feed: gate, from: 1h, to: 3h}}"),
    "E076": Code("this is a rule file, not its tests", "这是规则文件,不是它的测试", "did you mean {near}?", "是否想写 {near}?"),
    "E077": Code("`{name}` has {count:value} for {times:time}", "{name} 有 {count} 个值,而事件重复 {times} 次", "one value for each time, or one for all", "每次一个值,或始终同一个值"),
    "E080": Code("`{key}` must be a number, not `{text}`", "`{key}` 应为数字,而不是 `{text}`", "for example  {key}: {example}", "例如  {key}: {example}"),
    "E081": Code("kernel `{kernel}` reads the number `{name}`{unit}, which events of `{kind}` do not have", "评分内核 {kernel} 要读取数字字段 {name}{unit},{kind} 事件没有", "take other kinds in `from`", "请在 from 中换成其他事件类型"),
    "E082": Code("`{name}` cannot choose the sights of an absence", "{name} 不能用来选取 absence 的事件", "a sight is a sight, late ones too: a rule of its own can ask for the score", "看到就是看到,迟到的也算:请另写规则使用评分"),
    "E083": Code("kernel `{kernel}` reads the column `{name}` as a number{unit}", "评分内核 {kernel} 把列 {name} 读作数字{unit}", "declare it so in `columns`", "请在 columns 中这样声明"),
    "E084": Code("`for: unusual` goes by a score of the kernel `inactivity`, and none is declared", "for: unusual 要以 inactivity 评分为准,但没有声明", "write  scores: {{life: {{kernel: inactivity}}}}", "请声明  scores: {{life: {{kernel: inactivity}}}}"),
    "E085": Code("`for: unusual` may go by any of {names}", "for: unusual 可以以 {names} 中的任何一个为准", "write  for: {near}", "请写  for: {near}"),
    "E086": Code("`{name}` cannot choose the events of a score", "{name} 不能用来选取评分的事件", "ask it in a rule that reads the score", "请写在使用该评分的规则里"),
    "E087": Code("`{text}` is not a dispatch topic", "`{text}` 不是派发主题", "`dispatch.` and small letters, digits, `_`, parts joined by dots: dispatch.fire", "以 dispatch. 开头,后接小写字母、数字、下划线,各段用点连接:dispatch.fire"),
    "E088": Code("a branch has one of `route`, `also` and `default`, which stands alone; this one has {got}", "tree 的一项只写 route、also、default 之一,default 单独写;这一项写了 {got}", "for example  {{when: severity == 'critical', also: command.screen}}", "例如  {{when: severity == 'critical', also: command.screen}}"),
    "E089": Code("`{text}` cannot be asked of an alert", "不能对告警问 `{text}`", "compare a name with texts by ==, !=, in, not in; join by and, or, not; ask known(x), missing(x)", "可用 ==、!=、in、not in 与文字比较,用 and、or、not 组合,或问 known(x)、missing(x)"),
    "E090": Code("unknown unit `{unit}`", "没有单位 `{unit}`", "did you mean `{near}`?", "是否想写 {near}?"),
    "W201": Code("`{name}` is missing in {share} of the events of {kinds} in the history; then this condition does not hold", "历史数据中 {kinds} 事件有 {share} 缺少 `{name}`,此时该条件不成立", "add  known({name})  or  missing({name})  to say what is meant", "请加上 known({name}) 或 missing({name}) 说明用意"),
    "W305": Code("would have fired {count} times on {day} (limit {limit} a rule and day)", "在 {day} 会触发 {count} 次(每条规则每天上限 {limit})", "make it more selective, or give it {cooldown}", "请收紧条件,或加{cooldown_zh}"),
    "W310": Code("`cooldown` makes this critical rule wait for the watermark, and late events raise no alert; without it it would fire on arrival", "写了 cooldown,这条紧急规则要等水位线,迟到的事件不再告警;不写则到达即报", "leave `cooldown` out if every alarm must ring at once", "如需立即告警,请去掉 cooldown"),
    "W320": Code("{count} of {rules} rules, this one first, are asked of every event of their kinds: no condition compares a field with a constant", "{rules} 条规则中有 {count} 条(从这条起)没有用字段与常量比较的条件,每个事件都要逐条判断", "add one where it is true, such as  metric == 'smoke'  or  speed_kmh > 80", "请尽量加上,例如 metric == 'smoke' 或 speed_kmh > 80"),
    "W325": Code("`{name}` names a thing for a short while only, and each is awaited for ever", "`{name}` 只在短时间内有效,而每一个都会一直等待", "write  forget: 1d", "请写  forget: 1d"),
    "W326": Code("set `{set}` has no time column `consent_until`: nobody has consented to a profile, so that only the ceiling counts", "参考集 {set} 没有时间列 consent_until:没有人同意建立画像,只有 ceiling 起作用", "add it:  columns: {{consent_until: time}}", "请加上:  columns: {{consent_until: time}}"),
    "W330": Code("the rule reads personal data ({names}) and names no `purpose`", "规则读取个人信息({names}),但没有写 purpose", "write  purpose: {near}  or whichever is true", "请写  purpose: {near}  或符合实际的用途"),
    "W350": Code("calendar `{name}` has ended: its last day was {day}", "日历 {name} 已经过期,最后一天是 {day}", "add the next days", "请补上之后的日期"),
    "W351": Code("calendar `{name}` ends soon: its last day is {day}", "日历 {name} 即将到期,最后一天是 {day}", "add the next days", "请补上之后的日期"),
    "W352": Code("calendar `{name}` lacks a year: {years}", "日历 {name} 缺少年份:{years}", "add its days", "请补上该年的日期"),
    "W340": Code("`{key}` lacks `{language}`; the other language is shown instead", "`{key}` 缺少 {language} 文字,将显示另一种语言", "add  {language}: ...", "请补上  {language}: ..."),
    "W360": Code("`clear` (`{clear}`) can be true at the same time as `{threshold}`: then no alert begins, and one that is open ends", "clear 的 `{clear}` 可能与 `{threshold}` 同时成立:此时不会告警,已有告警会结束", "clear where the threshold is not true, or leave a gap to it: such as  {opposite}", "clear 应与 threshold 不同时成立,最好留出间隔,例如 {opposite}"),
    "W361": Code("while no event comes nothing ends this alert: over an empty window {names} is missing", "没有新事件时,该告警不会结束:空窗口里 {names} 没有取值", "write  resolve_after: 1d", "请写  resolve_after: 1d"),
    "W362": Code("no rule of this file uses `{name}`", "本文件没有规则使用 {name}", "delete it, or name it in a condition", "请删除,或在条件中使用"),
    "W363": Code("`threshold` asks nothing of its window: it looks at one event", "threshold 没有用到窗口的聚合值,只看单个事件", "ask an aggregate, such as  count() >= 2  or  avg(x) > 5; a condition on one event stands in `when`", "请使用聚合值,例如 count() >= 2 或 avg(x) > 5;单个事件的条件写在 when 里"),
    "W364": Code("`then` without `within`: what began is awaited for ever", "then 没有写 within:已开始的序列会一直等下去", "write  within: 5m  in the step, or beside `sequence`", "请在该步或 sequence 旁边写  within: 5m"),
    "W366": Code("this branch is never asked: the one in line {line} takes every alert", "这一项永远不会用到:第 {line} 行的一项已经接收所有告警", "give that one a `when`, or `continue: true`", "请给那一项写 when 或 continue: true"),
    "W367": Code("alerts of {count:rule} may go nowhere; this is the first", "{count} 条规则的告警可能没有去向,这是第一条", "write its `route`, or end `tree` with  - default: NAME", "请写 route,或在 tree 末尾写  - default: 名称"),
    "W368": Code("names that this file may declare were not checked elsewhere: {names}", "其他文件中的这些名称可能由本文件声明,因此未检查:{names}", "mend this file, then check again", "请先修改本文件,再重新检查"),
    "W369": Code("`{written}` is shown as it is written", "`{written}` 会原样显示", "write  {near}  for what the event says", "要显示事件的值请写  {near}"),
    "W370": Code("all keys that rules may hold take {size}, more than {budget}; those of this rule {own}, {keys} at most", "全部规则的主键按上限共需内存 {size},超过 {budget};其中这条规则最多 {keys} 个主键,需 {own}", "write a smaller  capacity: ...  where fewer keys are alive at a time, or give more memory", "同时存在的主键没有这么多时请写较小的 capacity,否则请增加内存"),
    "W371": Code("its table was full in the history: {count:key} given up to hold {capacity}", "历史数据中它的表已满:为了不超过 {capacity} 个主键,提前丢弃了 {count:,} 个", "write a larger  capacity: ...", "请写更大的 capacity"),
}
# fmt: on

SHAPES = {
    "text": "文字",
    "a list": "列表",
    "a mapping": "键值表",
    "a name or a list of names": "名称或名称列表",
    "an empty list": "空列表",
    "nothing": "空值",
    "an empty text": "空文字",
    "a number": "数字",
    "a list of steps": "由若干步组成的列表",
}


class _Count(int):
    """A number that texts show, with a noun where they name one."""

    def __format__(self, noun: str) -> str:
        return super().__format__(noun) if noun in ("", ",") else many(int(self), noun)


def problem(code: str, place: Place, /, *, note: str = "", **holes: object) -> Problem:
    """Make a problem of a code; advice whose hole `near` is empty is left out."""
    entry = CODES[code]
    if code == "Y003":
        holes["after"] = f" after `{holes['where']}`" if holes["where"] else ""
    if "near}" in entry.advice_en:
        holes.setdefault("near", "")
    if (where := str(holes.get("where_zh", ""))) and where[-1].isascii():
        holes["where_zh"] = f"{where} "  # between other letters and Chinese
    if "type" in holes:
        holes["a_type"] = with_article(str(holes["type"]))
    advised = holes.get("near", "x") != "" and holes.get("advice", "x") != ""
    holes = {name: _Count(hole) if type(hole) is int else hole for name, hole in holes.items()}
    texts = [text.format(**holes) for text in (entry.en, entry.zh)]
    advice = [text.format(**holes) for text in (entry.advice_en, entry.advice_zh)] if advised else ["", ""]
    return Problem(code, place, texts[0], texts[1], advice[0], advice[1], note)


def with_article(noun: str) -> str:
    """Return "an enum", "a flag"."""
    return f"{'an' if noun[:1].lower() in 'aeiou' else 'a'} {noun}"


def nearest(word: str, words: Iterable[str]) -> str:
    """Return the word most like the given one, empty where none is."""
    return next(iter(difflib.get_close_matches(word, sorted(words), n=1, cutoff=0.6)), "")


def format(problems: Sequence[Problem], sources: Mapping[str, str] | None = None) -> str:
    """Return problems as people read them, in the order of files and lines, and a last line that counts them.

    `sources` holds texts that are in no file, by their path.
    """
    known = Sources(sources)
    ordered = sorted(problems, key=lambda found: (found.place, found.code))
    lines = [line for found in ordered[:SHOWN_MAX] for line in _block(found, known)]
    if len(ordered) > SHOWN_MAX:
        lines.append(f"... {len(ordered) - SHOWN_MAX} more / 另有 {len(ordered) - SHOWN_MAX} 条")
    return "\n".join([*lines, summary(problems)])


def summary(problems: Sequence[Problem]) -> str:
    """Return how many errors and warnings there are."""
    errors = sum(found.level == "error" for found in problems)
    warnings = len(problems) - errors
    return f"{many(errors, 'error')}, {many(warnings, 'warning')} / {errors} 个错误,{warnings} 个警告"


def _block(found: Problem, sources: Sources) -> list[str]:
    place = found.place
    said = f"{found.level}[{found.code}] {plain(found.en)} / {plain(found.zh)}"
    lines = [f"{_where(place)}: {said}"]
    advice = " / ".join(plain(text) for text in (found.advice_en, found.advice_zh) if text)
    source = sources.line(place)
    if source is not None:
        number = str(place.line).rjust(5)
        shown, carets = excerpt(source, place.column, place.width)
        lines.append(f"{number} | {shown}")
        lines.append(f"      | {carets} {advice}".rstrip())
    elif advice:
        lines.append(f"      = {advice}")
    if found.note:
        lines.append(f"      = {plain(found.note)}")
    return lines


def _where(place: Place) -> str:
    """Return a place as editors jump to it; a folder, or an option of the command line, has no lines."""
    path = harmless(place.path)
    return path if path.startswith("--") or Path(place.path).is_dir() else f"{path}:{place.line}:{place.column}"
