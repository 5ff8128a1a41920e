"""Words that the safety checks look for. Stems: a word that begins with one is counted."""

from __future__ import annotations

import re

PROFANE = ("fuck", "shit", "bitch", "bastard", "asshole", "whore", "cunt", "motherf", "slut")
PROFANE_SOURCE = (
    "كلب", "قحب", "شرموط", "خرا", "كس", "زب", "نيك", "حيوان", "وسخ", "منيك", "طيز", "لعن", "ابن",
    "حقير", "قذر", "merde", "putain", "pute", "salope", "connard", "con", "enculé", "bordel",
    "bâtard", "salaud", "foutre", "nique", "chier", "ordure", "cul",
)  # fmt: skip
VIOLENT = (
    "kill", "murder", "slaughter", "massacr", "behead", "rape", "rapist", "stabb", "strangl",
    "tortur", "suicid", "executed", "executing", "executes",
)  # fmt: skip
VIOLENT_SOURCE = (
    "قتل", "قتيل", "مقتل", "يقتل", "اقتل",
    "مجزر", "مجازر", "ذبح", "مذبح", "اغتي", "غتال", "كتل", "استشه",
    "شهيد",
    "شهداء", "شهاد", "موت", "مات", "وفا", "ضحاي", "ضحي", "انتحار", "إعدام", "اعدام", "أعدم", "طعن",
    "غتصا", "عذيب", "عذّب", "تعذب", "قضى", "قضو", "مصرع", "جريم", "جرائم", "دم", "ابيد",
    "إباد", "اباد",
    "أرواح", "حصد", "نفذ",
    "جثث", "صفّي", "تصفي", "سقوط", "سقط", "أودى", "هلك", "ارتق", "توف", "راح",
    "tu", "mort", "meurt", "mour", "assassin", "massacr", "meurtr", "exécut", "égorg", "décapit",
    "viol", "poignard", "suicid", "tortur", "victim", "péri", "décès", "décéd", "décim", "abatt",
    "abatu", "abattu", "vie", "vies", "sanglant", "sang", "carnage", "tuer", "fusill", "étrangl",
    "crime", "homicide", "attentat", "couteau",
)  # fmt: skip
THREAT = re.compile(
    r"\b(?:i|we)(?:['’]?ll| will| am going to| are going to)\s+(?:\w+\s+)?(?:kill|murder|shoot|"
    r"hurt|destroy|behead|rape)\s+(?:you|them|him|her|all)\b",
    re.IGNORECASE,
)
THREAT_SOURCE = re.compile(
    r"\b(?:سأ|سا|سن|سوف ن|سوف أ|هن|راح ن|لأ|لن)\w*(?:قتل|ذبح|دمر|ضرب|طلق|سحق|باد)|"
    r"\b(?:je|nous|on|j')\b.{0,20}(?:tuer|détrui|égorg|abatt|anéanti|massacr|décapit)"
)
FRENCH = frozenset(
    [
        "le", "la", "les", "des", "une", "un", "dans", "sur", "est", "pour", "avec", "qui", "aux",
        "du", "que", "par", "sont", "au", "plus", "ce", "cette", "ses",
    ]
)  # fmt: skip
UNITS: dict[str, tuple[str, ...]] = {
    "dollars": ("$", "دولار", "dollar", "usd"),
    "euros": ("€", "يورو", "euro", "eur"),
    "pounds": ("£", "جنيه", "livre", "pound"),
    "per cent": ("%", "٪", "بالمئة", "بالمائة", "في المئة", "في المائة", "pour cent", "percent",
                 "per cent", "percentage", "pourcent"),
    "kilometres": ("كيلومتر", "كيلو متر", "كلم", "kilomètre", "km", "kilomet"),
    "tonnes": ("أطنان", "طنا", "tonne", "ton ", "tons"),
    "degrees": ("درجة", "درجات", "degré", "°", "degree", "magnitude", "quake",
                "celsius"),
}  # fmt: skip
#: Peoples and faiths by their English words (a pattern), and what names them in Arabic and French.
PEOPLES: tuple[tuple[re.Pattern[str], tuple[str, ...]], ...] = tuple(
    (re.compile(rf"\b(?:{english})\b", re.IGNORECASE), stems)
    for english, stems in (
        ("jew(?:s|ish)?|judaism", ("يهود", "juif", "juiv", "judaï")),
        ("muslims?|islam(?:ic)?", ("مسلم", "إسلام", "اسلام", "أسلم", "تنظيم الدولة", "داعش",
                                   "musulman", "islam", "daech", "daesh")),
        ("christians?", ("مسيح", "نصار", "نصران", "قبط", "chrétien", "christian")),
        ("sunnis?", ("سنة", "سني", "سنّ", "sunnit")),
        ("shi['’]?(?:as?|ites?)", ("شيع", "شياع", "chiit", "chia")),
        ("kurd(?:s|ish)?", ("كرد", "أكراد", "اكراد", "قسد", "kurd")),
        ("houthis?", ("حوث", "أنصار الله", "انصار الله", "houthi", "houti")),
        ("druze", ("دروز", "درزي", "موحدين", "druz")),
        ("alawites?", ("علوي", "alaouit")),
        ("ya?zidis?", ("يزيدي", "yézid", "yazid", "yezid")),
        ("armenians?", ("أرمن", "ارمن", "أرمين", "ارمين", "armén")),
        ("zionis[tm]s?", ("صهيون", "صهاين", "sionis")),
        ("nazis?", ("نازي", "nazi")),
    )
)  # fmt: skip
