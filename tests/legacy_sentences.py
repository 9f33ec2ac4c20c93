"""Short sentences in many languages, and the legacy encodings such texts are found in."""

SENTENCES = {
    "Finnish": (
        "Hyvää päivää, tämä on.",
        "Minä menin eilen järvelle, mutta jää oli jo sulanut.",
        "Äiti pyysi isää hakemaan leipää, maitoa ja voita kylän kaupasta ennen yötä.",
    ),
    "Swedish": (
        "Jag bor på en liten ö.",
        "Mörkret föll över ängen när vi äntligen kom hem från sjön.",
        "Färjan går klockan åtta; köp biljett på kajen, för ombord kostar den det dubbla.",
    ),
    "Danish": (
        "Rødgrød med fløde på.",
        "Børnene løb ned ad gaden, og så begyndte det at blæse.",
        "Vi købte brød, æbler og tre øl, før butikken lukkede klokken fem.",
    ),
    "Icelandic": (
        "Það er kalt í dag.",
        "Hún sagði að þetta væri síðasta ferðin yfir ána fyrir veturinn.",
        "Börnin léku sér á ströndinni þangað til mamma þeirra kallaði á þau í mat.",
    ),
    "German": (
        "Das Mädchen grüßt.",
        "Die Bäckerei öffnet früh, aber für uns war es schon zu spät.",
        "Über den Dächern hörte man die Glöckchen läuten, während der Schnee größer fiel.",
    ),
    "French": (
        "Où est la clé ?",
        "L’élève a oublié son cahier à l’école et sa mère l’a grondé.",
        "La forêt était déjà brûlée, et le garçon naïf cherchait encore ses chèvres.",
    ),
    "Spanish": (
        "Mañana será otro día.",
        "¿Dónde está el niño? Se quedó en la montaña con su abuela.",
        "El corazón de la canción latía más rápido cuando llegó la última estación.",
    ),
    "Portuguese": (
        "Não há pão hoje.",
        "As crianças já estão na escola, e a avó prepara o almoço.",
        "Amanhã começarão as lições de navegação, mas ninguém sabe quem será o capitão.",
    ),
    "Italian": (
        "Perché è così tardi?",
        "La città è più bella di notte, quando non c’è più nessuno.",
        "Lunedì andrò all’università, però prima berrò un caffè con mia zia.",
    ),
    "Polish": (
        "Gdzie jest moja żółta łódź?",
        "Wczoraj wieczorem padał śnieg, więc zostaliśmy w domu.",
        "Chłopiec wziął książkę, usiadł pod dębem i czytał, aż zrobiło się zupełnie ciemno.",
    ),
    "Czech": (
        "Příliš žluťoučký kůň úpěl.",
        "Strážce řekl, že lampa nesmí nikdy usnout, a vyšel ven.",
        "Děti běžely k řece, protože slyšely, že tam někdo hraje na housle.",
    ),
    "Hungarian": (
        "Hol van a kék könyvem?",
        "Az őszi eső egész éjjel esett, és reggelre ködös lett a völgy.",
        "A gyerekek később értek haza, mert útközben megálltak fagylaltot venni a főtéren.",
    ),
    "Croatian": (
        "Gdje je moja kuća?",
        "Djeca su šetala uz more i čekala da brod uđe u luku.",
        "Sljedeće nedjelje dolazi naš stric, pa ćemo svi zajedno ići na žetvu.",
    ),
    "Romanian": (
        "Unde este cheia mea, măi?",
        "Copiii au găsit în grădină o cutie veche și au deschis-o încet.",
        "Dimineaţa era rece, iar bătrânul căuta lemne pentru foc în pădurea din vale.",
    ),
    "Turkish": (
        "Bugün hava çok güzel.",
        "Çocuklar bahçede koşuyor, annesi de onlara kızıyordu.",
        "Işıklar söndü; yaşlı adam şapkasını aldı ve ağır ağır evine doğru yürüdü.",
    ),
    "Lithuanian": (
        "Kur yra mano raktas, mažyli?",
        "Vakar visą dieną lijo, todėl žvejai negrįžo iš jūros.",
        "Močiutė kepė duoną, o vaikai laukė prie krosnies ir klausėsi jos pasakų apie ežerą.",
    ),
    "Latvian": (
        "Kur ir mana atslēga?",
        "Bērni skrēja uz jūru, jo tur bija ieradies liels kuģis.",
        "Vectēvs sēdēja pie krāsns un stāstīja, kā viņš jaunībā gājis pār ledu.",
    ),
    "Estonian": (
        "Kus on minu võti?",
        "Õhtul sadas lund ja kõik jäid koju ahju äärde.",
        "Vanaema küpsetas leiba, aga lapsed läksid järve äärde jääd vaatama.",
    ),
    "Russian": (
        "Где мой ключ?",
        "Вчера весь день шёл дождь, и мы остались дома.",
        "Старик взял шапку, вышел на крыльцо и долго смотрел, как солнце садится за лес.",
    ),
    "Ukrainian": (
        "Де мій ключ?",
        "Учора цілий день ішов дощ, і ми залишилися вдома.",
        "Дід узяв шапку, вийшов на ґанок і довго дивився, як сонце сідає за ліс.",
    ),
    "Bulgarian": (
        "Къде е моят ключ?",
        "Вчера цял ден валя дъжд и ние останахме вкъщи.",
        "Старецът взе шапката си, излезе на прага и дълго гледа как слънцето залязва.",
    ),
    "Greek": (
        "Πού είναι το κλειδί μου;",
        "Χθες έβρεχε όλη μέρα και μείναμε στο σπίτι.",
        "Ο φύλακας ανέβηκε ξανά τη σκάλα, γιατί η λάμπα δεν έπρεπε ποτέ να σβήσει.",
    ),
    "Hebrew": (
        "איפה המפתח שלי?",
        "אתמול ירד גשם כל היום ונשארנו בבית.",
        "הזקן לקח את כובעו, יצא אל המרפסת והביט זמן רב בשמש השוקעת.",
    ),
    "Arabic": (
        "أين مفتاحي؟",
        "أمس هطل المطر طوال النهار وبقينا في البيت.",
        "أخذ الرجل العجوز قبعته وخرج إلى الشرفة ونظر طويلا إلى الشمس وهي تغيب.",
    ),
    "Thai": (
        "กุญแจของฉันอยู่ที่ไหน",
        "เมื่อวานฝนตกทั้งวัน พวกเราจึงอยู่บ้าน",
        "ชายชราหยิบหมวกแล้วเดินออกไปที่ระเบียง มองดูพระอาทิตย์ตกอยู่นาน",
    ),
    "Japanese": (
        "かぎはどこですか。",
        "昨日は一日中雨だったので、家にいました。",
        "おじいさんは帽子を取って外へ出て、夕日が沈むのを長いあいだ見ていた。",
    ),
    "Chinese, simplified": (
        "我的钥匙在哪里？",
        "昨天下了一整天的雨，我们就待在家里。",
        "老人拿起帽子，走到门外，久久地望着太阳落到树林后面。",
    ),
    "Chinese, traditional": (
        "我的鑰匙在哪裡？",
        "昨天下了一整天的雨，我們就待在家裡。",
        "老人拿起帽子，走到門外，久久地望著太陽落到樹林後面。",
    ),
    "Korean": (
        "내 열쇠가 어디 있어요?",
        "어제는 하루 종일 비가 와서 집에 있었습니다.",
        "노인은 모자를 집어 들고 밖으로 나가 해가 숲 뒤로 지는 것을 오래 바라보았다.",
    ),
    "English": (
        "The ticket costs £4.50 a day, and children go free.",
        "It’s late, she said — and “nobody” answered her from the stairs.",
        "At noon it was 31 °C in the naïve old town, and a coffee at the café was 3 € or more.",
    ),
}

_WESTERN = ("cp1252", "iso8859_1", "iso8859_15", "mac_roman", "cp850")
_CENTRAL = ("cp1250", "iso8859_2", "cp852", "mac_latin2")
_CYRILLIC = ("cp1251", "koi8_r", "koi8_u", "iso8859_5", "cp866", "mac_cyrillic")
ENCODINGS = {
    **dict.fromkeys(
        ("Finnish", "Swedish", "Danish", "Icelandic", "French", "Spanish", "Portuguese",
         "Italian", "English"), _WESTERN),
    "German": (*_WESTERN, "cp1250", "iso8859_2"),
    **dict.fromkeys(("Polish", "Czech", "Hungarian", "Croatian", "Romanian"), _CENTRAL),
    "Turkish": ("cp1254", "iso8859_9"),
    "Lithuanian": ("cp1257", "iso8859_13", "iso8859_4"),
    "Latvian": ("cp1257", "iso8859_13", "iso8859_4"),
    "Estonian": ("cp1257", "iso8859_15", "cp1252"),
    **dict.fromkeys(("Russian", "Ukrainian", "Bulgarian"), _CYRILLIC),
    "Greek": ("cp1253", "iso8859_7"),
    "Hebrew": ("cp1255", "iso8859_8"),
    "Arabic": ("cp1256", "iso8859_6"),
    "Thai": ("cp874", "tis_620"),
    "Japanese": ("cp932", "euc_jp", "iso2022_jp"),
    "Chinese, simplified": ("gb18030", "gbk", "gb2312", "hz"),
    "Chinese, traditional": ("big5", "cp950"),
    "Korean": ("cp949", "euc_kr", "iso2022_kr"),
}  # fmt: skip


def legacy_files() -> list[tuple[str, str, str, bytes]]:
    """Language, encoding, text and bytes of each sentence in each encoding that can hold it."""
    files = []
    for language, sentences in SENTENCES.items():
        for codec in ENCODINGS[language]:
            for text in (*sentences, "\n".join(sentences)):
                try:
                    files.append((language, codec, text, text.encode(codec)))
                except UnicodeEncodeError:
                    continue
    return files
