"""The words of scales, from low to high, in the languages whose exports are common."""

#: Patterns of whole answers: those in one row may stand together.
ROWS = (
    (r"never|not at all|nooit|nie(mals)?|jamais|nunca|mai",
     r"(very )?(rarely|seldom|hardly ever)|less (often )?(than|often).*|zelden|bijna nooit"
     r"|minder vaak.*|selten|rarement|raramente|rara vez",
     r"(once )?(a year|yearly|annually)|jaarlijks|jährlich",
     r"quarterly|every quarter|per kwartaal|vierteljährlich",
     r"(several|some) days|an einzelnen tagen|verschillende dagen|plusieurs jours",
     r"more than half (of )?the days|an mehr als der hälfte der tage|meer dan de helft van de dagen"
     r"|plus de la moitié du temps",
     r"monthly|(once |every )?(a |per )?month|maandelijks|monatlich",
     r"sometimes|occasionally|(every )?now and then|once in a while|from time to time"
     r"|van tijd tot tijd|ab und zu"
     r"|soms|af en toe|manchmal|gelegentlich|parfois"
     r"|de temps en temps|a veces|a volte",
     r"(about |around |roughly )?half (of )?the time|(ongeveer )?de helft van de tijd"
     r"|(etwa )?die hälfte der zeit"
     r"|la moitié du temps|la mitad del tiempo",
     r"regularly|regelmatig|regelmäßig",
     r"weekly|(once |every )?(a |per )?week|wekelijks|wöchentlich",
     r"often|frequently|vaak|dikwijls|oft|häufig|souvent|a menudo|spesso",
     r"usually|mostly|most of the time|very often|meestal|heel vaak|meistens|sehr oft",
     r"(almost |nearly |beinahe |bijna |presque )?(daily|every ?day|dagelijks|elke dag|täglich"
     r"|jeden tag|tous les jours)",
     r"several times a day|hourly|meerdere keren per dag",
     r"(almost|nearly) always|bijna altijd|fast immer|presque toujours|casi siempre",
     r"always|all the time|every ?time|elke keer|jedes mal|à chaque fois|altijd|immer|toujours"
     r"|siempre|sempre"),
    (r"(very poor|very bad|terrible|zeer slecht|sehr schlecht)", r"(poor|bad|slecht|schlecht)",
     r"(fair|acceptable|average|ok(ay)?|so-so|matig|redelijk|voldoende|mittelmäßig)",
     r"(fairly|pretty|quite|reasonably) good|redelijk goed|ziemlich gut|assez bonne?", r"(good|goed|gut)",
     r"(very good|great|zeer goed|sehr gut)", r"(excellent|outstanding|uitstekend|ausgezeichnet)"),
    (r"low|laag|niedrig|faible|bas(se)?|bajo", r"middle|medium|average|middelbaar|midden|gemiddeld|mittel"
     r"|moyen(ne)?|medio", r"high|hoog|hoch|élevée?|haute?|alto"),
    (r"none|nothing|geen|niets|keine", r"(very )?(few|little)|weinig"
                                       r"|wenig", r"some|a few|enkele|einige|sommige",
     r"many|much|a lot|veel|viel(e)?", r"most|de meeste|die meisten", r"all|everything|alle|alles"),
    (r"(much|strongly) (lower|less|worse|decreased)|veel minder|sterk (afgenomen|gedaald)"
     r"|(strong|sharp|large) (decrease|decline|drop)|(sterke|grote|flinke) (daling|afname|krimp)",
     r"(slightly |somewhat |a bit )?(lower|less|worse|decreased?|minder|afgenomen|gedaald)"
     r"|((slight|small) )?(decrease|decline|drop)|((lichte|kleine) )?(daling|afname|krimp)",
     r"(about )?the same|unchanged|no change|same|gelijk( gebleven)?|hetzelfde|gleich",
     r"(slightly |somewhat |a bit )?(higher|more|better|increased?|meer|toegenomen|gestegen)"
     r"|((slight|small) )?(increase|growth|rise)|((lichte|kleine) )?(stijging|toename|groei)",
     r"(much|strongly) (higher|more|better|increased)|veel meer|sterk (toegenomen|gestegen)"
     r"|(strong|sharp|large) (increase|growth|rise)|(sterke|grote|flinke) (stijging|toename|groei)"),
    (r"(very |much |strongly |veel |sterk |stark |viel |deutlich )"
     r"(worsened|deteriorated|worse|verslechterd|achteruit( gegaan)?|verschlechtert|schlechter)",
     r"((slightly|somewhat|a (bit|little)|iets|enigszins|een beetje|etwas|leicht) )?"
     r"(worsened|deteriorated|worse|verslechterd|slechter|achteruit( gegaan)?|verschlechtert|schlechter)",
     r"(about |ongeveer )?(the same|unchanged|no change|same|(niet veranderd|onveranderd|gelijk|hetzelfde)"
     r"( gebleven)?|gleich( geblieben)?|unverändert)",
     r"((slightly|somewhat|a (bit|little)|iets|enigszins|een beetje|etwas|leicht) )?"
     r"(improved|better|verbeterd|beter|vooruit( gegaan)?|verbessert|besser)",
     r"(very |much |strongly |veel |sterk |stark |viel |deutlich )"
     r"(improved|better|verbeterd|beter|vooruit( gegaan)?|verbessert|besser)"),
    (r"((i have|ik heb|ich habe|j'ai|je n'ai) )?(no|not|none|geen|keine?|aucun\w*|pas de)( \w+){0,3}",
     r"((i have|ik heb|ich habe|j'ai) )?(slight|mild|minor|a (little|bit)|lichte?|een beetje|leichte?"
     r"|légère?s?)( \w+){0,3}",
     r"((i have|ik heb|ich habe|j'ai) )?(moderate|some|matige?|mäßige?|modérée?s?)( \w+){0,3}",
     r"((i have|ik heb|ich habe|j'ai) )?(severe|serious|major|a lot of|ernstige?|große?|starke?"
     r"|sévères?)( \w+){0,3}",
     r"((i have|i am|ik heb|ik ben|ich habe|ich bin|j'ai|je suis) )?(extreme|unable|very severe"
     r"|extreem|niet in staat|nicht in der lage|incapable|extrême)( ?/? ?\w+){0,5}"),
    (r"(none|not|nothing) at all|helemaal niet|überhaupt nicht|gar nicht|pas du tout",
     r"(only )?(slightly|a little( bit)?|not (very )?much|not really|een beetje|ein wenig"
     r"|wenig|weinig|un peu)",
     r"some(what)?|moderately|to some extent|enigszins|matig|teilweise|mäßig|moyennement",
     r"quite (a bit|a lot)|to a large extent|mostly|tamelijk veel|ziemlich|assez|beaucoup",
     r"very much|a lot|a great deal|completely|totally|extremely|to a (very )?great extent|heel veel"
     r"|zeer veel|sehr|voll und ganz|énormément|tout à fait"),
    (r"(less than|below|no|did ?n.t (complete|finish)|did not (complete|finish)) (high"
     r"|secondary|middle) school.*|(no|geen|kein) (\w+ ){0,2}(education|diploma|onderwijs|opleiding"
     r"|abschluss)|primary.*|elementary.*|(basis|lager)\s?(school|onderwijs)",
     r"(high|secondary) school.*|vmbo.*|mavo.*|hauptschul.*",
     r"some college.*|realschul.*|vocational.*|mbo.*",
     r"associate.*|havo.*|abitur.*",
     r"vwo.*",
     r"(college graduate|bachelor|undergraduate).*|college|hbo.*",
     r"(graduate (degree|or professional)|post-?\s?graduate|master|advanced degree).*|wo( .*)?|universit.*",
     r"(doctora|ph\.?d|promot).*"),
    (r"sin (estudios|escolaridad)|ningun[oa]", r"primaria( .*)?", r"secundaria( .*)?",
     r"(preparatoria|bachillerato|media superior).*", r"(carrera )?técnic[ao].*",
     r"(profesional|licenciatura|universitari[ao]|ingeniería).*", r"(maestría|p(os|ost)grado|máster"
     r"|doctorado).*"),
    # Chinese: not at all, not, so-so, and how much so, of whatever it is.
    (r"(非常|很|十分|完全)不\w+", r"(比较|较|不太)不?\w*不\w+|不(太)?\w+", r"一般|普通|中立|中等|不确定",
     r"(比较|较)?(满意|同意|重要|愿意|了解|符合|清楚|喜欢)",
     r"(非常|很|十分|完全)(满意|同意|重要|愿意|了解|符合|清楚|喜欢)"),
    # How far somebody is with it.
    (r"(we (are|have|do) |i (am|have|do) )?(not|no) (interested|planning|plans?|considering)( .*)?",
     r"(we are |i am )?considering( .*)?", r"(we are |i am )?(planning|planned|plans?)( .*)?",
     r"(we are |i am )?(actively )?(working on|implementing|piloting|in progress)( .*)?",
     r"((we |i )?have )?(already )?(implemented|adopted|done|in (use|production))( .*)?"),
    # What somebody knows of a thing.
    (r"(none|no|geen|keine?)( [\w+#]+){0,2}",
     r"(complete |absolute )?(beginner|novice|newbie|basic|starter|anfänger(in)?|débutante?"
     r"|principiante)( level)?",
     r"(lower |upper )?intermediate( level)?|halfgevorderd|intermédiaire|intermedi[oa]",
     r"advanced( level)?|proficient|gevorderd|fortgeschrittene?r?|avancée?|avanzad[oa]",
     r"expert(e|in)?( level)?|master|expert[oa]"),
    # Whether somebody will, or would: from "no, certainly not" to "yes, certainly".
    (r"((no|nee|nein|non),? )?(definitely|certainly|absolutely|zeker|beslist|absoluut|(ganz )?sicher"
     r"|bestimmt|certainement) (not|niet|nicht|pas)"
     r"|(no|nee|nein|non),? (definitely|certainly|zeker|sicher|never|nooit)"
     r"|(auf )?(gar )?keinen? fall|in geen geval",
     r"((no|nee|nein|non),? )?(probably|rather|waarschijnlijk|eerder|eher|wahrscheinlich|plutôt|vermoedelijk)"
     r" (not|no|niet|nee|nicht|nein|non|pas)",
     r"maybe|perhaps|might or might not|(ja,? |yes,? )?(misschien|vielleicht|possibly)|wellicht|mogelijk"
     r"|peut-être|quizás|forse",
     r"((yes|ja|oui),? )?(probably|rather|waarschijnlijk|eerder|eher|wahrscheinlich|plutôt|vermoedelijk)"
     r"( (yes|wel|ja|schon|oui))?",
     r"((yes|ja|oui),? )?(definitely|certainly|absolutely|zeker|beslist|absoluut|(ganz )?sicher|bestimmt"
     r"|certainement)( (yes|wel|ja|weten|oui))?|auf (jeden|alle) f(a|ä)lle?"),
    # Which part of the time, as scales of well-being ask.
    (r"(at no|none of the) time|zu keinem zeitpunkt|op geen enkel moment|nooit|never|jamais",
     r"a little of the time|een klein deel van de tijd|ab und zu",
     r"some of the time|een deel van de tijd|soms|sometimes|manchmal|de temps en temps",
     r"(slightly |etwas |iets )?(less than half( of)? the time|weniger als die hälfte der zeit"
     r"|minder dan de helft van de tijd)|moins de la moitié du temps",
     r"(about )?half( of)? the time|(ongeveer )?de helft van de tijd|(etwa )?die hälfte der zeit",
     r"(slightly |etwas |iets )?(more than half( of)? the time|mehr als die hälfte der zeit"
     r"|meer dan de helft van de tijd)|a good bit of the time|plus de la moitié du temps",
     r"most of the time|meestal|meistens|die meiste zeit|het grootste deel van de tijd|la plupart du temps",
     r"all( of)? the time|de hele tijd|(voortdurend|altijd|always|immer)|die ganze zeit|tout le temps"),
    # Polish, Greek, Italian, Portuguese, Swedish: how much one agrees, how satisfied, how good, how often.
    (r"zdecydowanie (się )?nie( zgadzam się| zgadzam)?|całkowicie się nie zgadzam",
     r"raczej (się )?nie( zgadzam się| zgadzam)?|nie( zgadzam się)?", r"trudno powiedzieć|ani .*|neutraln\w+",
     r"raczej (tak|(się )?zgadzam( się)?)|tak|zgadzam się",
     r"(zdecydowanie|całkowicie) (tak|(się )?zgadzam( się)?)"),
    (r"bardzo niezadowolon[ya]", r"(raczej )?niezadowolon[ya]", r"trudno powiedzieć|ani .*|neutraln\w+",
     r"(raczej )?zadowolon[ya]", r"bardzo zadowolon[ya]"),
    (r"bardzo (źle|zł[yae])", r"źle|zł[yae]|słab[yoa]|słabo", r"przeciętn\w+|średnio|dostatecz\w+|ani .*",
     r"dobrze|dobr[yae]", r"bardzo (dobrze|dobr[yae])", r"doskonal[ey]|świetn\w+"),
    (r"nigdy", r"(bardzo )?rzadko|rzadziej.*|prawie nigdy", r"kilka razy w roku|raz w roku",
     r"czasami|raz w miesiącu|od czasu do czasu", r"kilka razy w miesiącu", r"często|raz w tygodniu",
     r"kilka razy w tygodniu|bardzo często", r"codziennie|prawie zawsze", r"zawsze"),
    (r"καθόλου", r"λίγο|ελάχιστα", r"μέτρια|έτσι κι έτσι", r"αρκετά", r"πολύ", r"πάρα πολύ|απόλυτα"),
    (r"διαφωνώ (απόλυτα|πλήρως|πολύ)", r"(μάλλον )?διαφωνώ", r"ούτε .*|ουδέτερ\w+", r"(μάλλον )?συμφωνώ",
     r"συμφωνώ (απόλυτα|πλήρως|πολύ)"),
    (r"πολύ δυσαρεστημέν\S+", r"δυσαρεστημέν\S+", r"ούτε .*|ουδέτερ\w+", r"ικανοποιημέν\S+",
     r"πολύ ικανοποιημέν\S+"),
    (r"ποτέ", r"σπάνια", r"μερικές φορές|κάποιες φορές", r"συχνά", r"πάντα|πολύ συχνά|κάθε μέρα"),
    (r"(none|no (formal )?education|no schooling|geen|keine)",
     r"(primary|basis|grund)( ?(school|education|schule))?",
     r"(secondary|middelbaar|high school)( .*)?", r"(tertiary|higher|hoger|hochschul\w*|universit\w+)( .*)?"),
    (r"(per niente|per nulla|nada|nenhum|inte alls|ikke i det hele taget)( .*)?",
     r"(poco|pouco|lite|litt)( .*)?",
     r"(abbastanza|bastante|mais ou menos|né .*|nem .*|varken .*|ganska|delvis)( .*)?",
     r"(molto|muy|mucho|muito|mycket|meget)( .*)?",
     r"(moltissimo|totalmente|extremamente|väldigt|i høj grad)( .*)?"),
    (r"(completamente|totalmente|fortemente) (in disaccordo|discordo)|discordo (totalmente|plenamente)"
     r"|tar helt avstånd",
     r"in disaccordo|discordo( parcialmente)?|disaccordo|instämmer inte",
     r"(né|nem|não .* nem|varken) .*|neutr\w+",
     r"d'accordo|concordo( parcialmente)?|instämmer( delvis)?",
     r"(completamente|totalmente|molto|fortemente) d'accordo|concordo (totalmente|plenamente)"
     r"|instämmer helt"),
    (r"(pessim[oi]|péssim[oa]|muito (ruim|ma[ul]|má))", r"(cattiv[oi]|ruim|mau|má|scars[oi]|insufficiente)",
     r"(sufficiente|regular|discret[oi]|razoável)", r"(buon[oi]|bo[ma])",
     r"(ottim[oi]|muito bo[ma]|óptim[oa]|ótim[oa])",
     r"(eccellente|excelente)"),
)  # fmt: skip
