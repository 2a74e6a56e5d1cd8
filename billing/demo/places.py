# ruff: noqa: E501
"""Twenty countries: what people and companies are called there, in their own script. All of it made up."""

from dataclasses import dataclass

__all__ = ["PLACES", "Place"]


@dataclass(frozen=True, slots=True)
class Place:
    """``companies`` takes a surname and a trade."""

    country: str
    locale: str
    currency: str
    weight: int
    cities: tuple[str, ...]
    firsts: tuple[str, ...]
    lasts: tuple[str, ...]
    trades: tuple[str, ...]
    companies: tuple[str, ...]
    postal: str = "#####"
    tax_id: str = ""


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split(" "))  # a name may have a space of its own in it, which does not break


PLACES = (
    Place("DE", "de-DE", "EUR", 15, _words("Stuttgart Hamburg Leipzig Köln Nürnberg Kiel"),
          _words("Jürgen Anneliese Björn Käthe Matthias Sören Ilse Uwe Heike Torsten"),
          _words("Brückner Schönfeld Großmann Weiß Köhler Jäger Vögele Münch Krüger Loßner"),
          ("Feinmechanik", "Prüftechnik", "Gartenbau", "Verlag", "Logistik", "Messgeräte", "Druck"),
          ("{last} {trade} GmbH", "{trade} {last} & Söhne KG", "{last} {trade} AG"), "#####", "DE#########"),
    Place("FR", "fr-FR", "EUR", 10, _words("Lyon Nantes Bordeaux Angoulême Orléans Saint-Étienne"),
          _words("Élodie François Océane Benoît Hélène Gaël Solène Thibault Aurélie Noël"),
          _words("Lefèvre Gérard Béranger Chênevert Dupré Garçon Mercœur Noëllat Pélissier Tréguier"),
          ("Cartographie", "Éditions", "Mécanique", "Horlogerie", "Textiles", "Traiteur"),
          ("{trade} {last} SARL", "{last} {trade} SAS", "Ateliers {last}"), "#####", "FR###########"),
    Place("ES", "es-ES", "EUR", 7, _words("Sevilla Bilbao Málaga Gijón Cádiz Logroño"),
          _words("Íñigo Begoña Lucía Álvaro Rocío Joaquín Núria Andrés Belén Óscar"),
          _words("Muñoz Ibáñez Peña Núñez Zúñiga Gálvez Cañete Ordóñez Briñas Yáñez"),
          ("Cerámicas", "Bodegas", "Electrónica", "Turismo", "Óptica"),
          ("{trade} {last} S.L.", "{last} y Hijos S.A.", "{trade} {last} S.A."), "#####", "ESB########"),
    Place("IT", "it-IT", "EUR", 7, _words("Torino Bologna Forlì Trieste Padova Bari"),
          _words("Niccolò Chiara Ettore Ginevra Matteo Desirée Ilaria Tommaso Noemi Dario"),
          _words("Marchetti Bellandi Cantù Fabbri Lodigiani Morò Pavan Rinaldi Sforni Tedeschi"),
          ("Ottica", "Meccanica", "Tipografia", "Ceramiche", "Alimentari"),
          ("{trade} {last} S.r.l.", "{last} & Figli S.p.A.", "Officine {last}"), "#####", "IT###########"),
    Place("NL", "nl-NL", "EUR", 8, ("Utrecht", "Groningen", "Eindhoven", "'s-Hertogenbosch", "Delft"),
          _words("Sanne Daan Femke Jeroen Maartje Joost Anouk Pieter Lotte Wouter"),
          ("van der Zee", "Dijkstra", "de Groot", "Hoekstra", "IJsselmuiden", "Vermeulen", "Koopman"),
          ("Fietsen", "Waterbouw", "Drukkerij", "Kwekerij", "Software"),
          ("{last} {trade} B.V.", "{trade} {last} B.V."), "#### AB", "NL#########B01"),
    Place("PL", "pl-PL", "EUR", 7, _words("Łódź Kraków Gdańsk Wrocław Rzeszów Poznań"),
          _words("Łukasz Małgorzata Paweł Zofia Grażyna Wojciech Świętosława Michał Bożena Kamil"),
          _words("Wójcik Dąbrowski Źrebiec Łęcki Kowalczyk Jabłoński Sęk Górski Żurawski Pietrzyk"),
          ("Browary", "Stolarnia", "Odlewnia", "Księgarnia", "Optyka"),
          ("Łódzkie {trade} {last}", "{trade} {last} sp. z o.o.", "{last} {trade} S.A."), "##-###",
          "PL##########"),
    Place("SE", "sv-SE", "EUR", 4, _words("Malmö Göteborg Västerås Örebro Umeå"),
          _words("Åsa Björn Märta Göran Sigrid Östen Linnéa Håkan Elsa Viggo"),
          _words("Åkerlund Sjöberg Öhman Löfgren Ekström Nyqvist Hägg Strömberg"),
          ("Verkstad", "Fiske", "Möbler", "Snickeri"), ("{last} {trade} AB", "{trade} {last} AB"), "### ##",
          "SE##########01"),
    Place("AT", "de-AT", "EUR", 4, _words("Wien Graz Linz Innsbruck Wörgl"),
          _words("Leopold Roswitha Franz Vroni Ägidius Hermine Alois Resi"),
          _words("Huber Pöschl Wörndl Stöckl Auböck Hörmann Zöchling Grabner"),
          ("Seilbahnen", "Bäckerei", "Orgelbau", "Sägewerk"), ("{last} {trade} GmbH", "{trade} {last} OG"),
          "####", "ATU########"),
    Place("IE", "en-IE", "EUR", 3, ("Dublin", "Galway", "Dún Laoghaire", "Cork"),
          _words("Siobhán Pádraig Aoife Ciarán Róisín Eoin Gráinne Seán"),
          _words("Ó\u00a0Súilleabháin Byrne Nic\u00a0Giolla Brennan Ó\u00a0Briain Kavanagh Doyle"),
          ("Woollens", "Instruments", "Dairy", "Software"), ("{last} {trade} Ltd", "{trade} of {city} DAC"),
          "D## AX##", "IE#######WA"),
    Place("PT", "pt-PT", "EUR", 3, _words("Lisboa Braga Évora Setúbal Aveiro"),
          _words("João Inês Tomás Conceição Gonçalo Matilde Estêvão Leonor"),
          _words("Gonçalves Magalhães Simões Guimarães Pião Leitão Falcão Brandão"),
          ("Cortiças", "Azulejos", "Conservas", "Papel"), ("{trade} {last} Lda.", "{last} & Irmãos S.A."),
          "####-###", "PT#########"),
    Place("GR", "el-GR", "EUR", 3, _words("Αθήνα Θεσσαλονίκη Πάτρα Ηράκλειο"),
          _words("Ελένη Γιώργος Δέσποινα Νίκος Αθηνά Στέλιος Ζωή Μιχάλης"),
          _words("Παπαδάκης Ιωαννίδης Κωνσταντίνου Βλάχος Ξενάκης Θεοδώρου Μανωλάς"),
          ("Ναυτιλιακή", "Ελαιουργική", "Εκδόσεις", "Τεχνική"), ("{trade} {last} Α.Ε.", "{last} {trade} Ε.Π.Ε."),
          "### ##", "EL#########"),
    Place("FI", "fi-FI", "EUR", 3, _words("Helsinki Jyväskylä Oulu Hämeenlinna"),
          _words("Väinö Päivi Jukka Äänis Tuulikki Sampo Helmi Yrjö"),
          _words("Mäkelä Järvinen Häkkinen Lähteenmäki Yli-Kyläs Salmela Nyyssönen"),
          ("Puunjalostus", "Laivatyö", "Kirjapaino", "Mittalaite"), ("{last} {trade} Oy", "{trade} {last} Oyj"),
          "#####", "FI########"),
    Place("EE", "et-EE", "EUR", 2, _words("Tallinn Tartu Pärnu Võru"),
          _words("Õie Jüri Ülle Tõnu Kätlin Märt Leelo Ants"),
          _words("Tamm Mägi Kõiv Põder Ööbik Rebane Kütt Sõrmus"),
          ("Puit", "Tarkvara", "Meremõõt"), ("{last} {trade} OÜ", "{trade} {last} AS"), "#####", "EE#########"),
    Place("GB", "en-GB", "GBP", 15, _words("Leeds Bristol Norwich Cardiff Dundee Exeter"),
          _words("Imogen Callum Harriet Rhys Olwen Fergus Priya Winston Beatrix Tariq"),
          _words("Ashdown Pettigrew Llewellyn Blackwood MacAskill Okonjo Thistlewood Garside Umunna Hale"),
          ("Instruments", "Press", "Foods", "Joinery", "Studios", "Marine"),
          ("{last} {trade} Ltd", "{last} & Daughters {trade}", "{city} {trade} plc"), "AB## #CD",
          "GB#########"),
    Place("US", "en-US", "USD", 16, ("Portland", "Madison", "Santa Fe", "Burlington", "Tulsa", "Savannah"),
          _words("Delilah Marcus Guadalupe Ethan Keisha Wyatt Noelani Harper Thuy Zachary"),
          _words("Whitfield Okafor Castañeda Lindqvist Nakamura Brannigan Redcloud Abernathy Petrosyan Vance"),
          ("Robotics", "Coffee Roasters", "Analytics", "Outfitters", "Labs", "Supply"),
          ("{last} {trade} Inc.", "{city} {trade} LLC", "{last} & Co."), "#####"),
    Place("CA", "en-CA", "USD", 4, ("Halifax", "Montréal", "Saskatoon", "Trois-Rivières"),
          _words("Étienne Meredith Tanvir Geneviève Kwame Isla Mathéo Anik"),
          _words("Bouchard Fraser Desrosiers Singh Tremblay McAllister Côté Kanatakta"),
          ("Foresterie", "Outdoors", "Géomatique", "Software"), ("{last} {trade} Inc.", "{trade} {last} Ltée"),
          "A#B #C#"),
    Place("JP", "ja-JP", "USD", 5, _words("東京 大阪 京都 札幌 福岡"),
          _words("美咲 翔太 さくら 健一 陽菜 大輔 千尋 蓮"), _words("佐藤 高橋 渡辺 斎藤 小林 森田 緑川 長谷川"),
          ("計測", "製作所", "出版", "醸造", "工芸"), ("株式会社{last}{trade}", "{last}{trade}株式会社", "有限会社みどり{trade}"),
          "###-####"),
    Place("AE", "ar-AE", "USD", 3, ("دبي", "أبوظبي", "الشارقة"),
          _words("ليلى خالد نورة سلطان مريم يوسف هند عمر"), _words("المنصوري الهاشمي الشامسي النعيمي الكتبي الزعابي"),
          ("النور", "الواحة", "الخليج", "الصقر"), ("شركة {trade} {last}", "مؤسسة {trade} للتجارة"), "#####"),
    Place("IN", "hi-IN", "USD", 4, _words("मुंबई पुणे जयपुर बेंगलुरु"),
          _words("अनन्या रोहन काव्या अर्जुन मीरा विक्रम ईशा निखिल"), _words("शर्मा पटेल अय्यर देशपांडे चौधरी मेनन गुप्ता"),
          ("यंत्र", "वस्त्र", "प्रकाशन", "तकनीक"), ("{last} {trade} प्रा. लि.", "{trade} {last} एंड संस"), "######"),
    Place("UA", "uk-UA", "EUR", 3, _words("Київ Львів Харків Одеса Чернівці"),
          _words("Оксана Тарас Соломія Богдан Їжакевич Юлія Дмитро Галина"),
          _words("Шевчук Ковальчук Бойко Їжак Мельник Гончаренко Кравець"),
          ("Деревообробка", "Видавництво", "Електроніка", "Млин"), ("ТОВ «{trade} {last}»", "ПП «{last}»"),
          "#####"),
)  # fmt: skip
