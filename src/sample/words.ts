/** Exactly 1,024 short English words: ten bits choose one. */
export const skuWords: readonly string[] = `
able about above acid acorn act actor admit adult after again agent ago agree ahead aim air album alert alike alive
all allow along alter amber angle apart apply april apron arch area arena argue arise army arrow art aside auto
autumn avoid aware away axis baby back badge bag bake baker ball balm bamboo band bank bare barn barrel base basil
basin bass bath bay beach beam beat bed bee began begin being bell below belt bench bend berry best beyond big bike
bin bird birth bit blade blank blend blink block bloom blue blush board bold bonus book boot both bowl box brain
brass brave bread break bridge brief broad bronze brook broom brown brush budget build bulb bush but buy cabin cable
cake call calm came camel can canal cane canoe canvas car card care cargo carry cart carve case cash cat cause cave
cello cent chain chair cheap check chess chest chief child chin chord city claim clap clay clean clear cliff clock
close cloth clover club coach coal coast coat code coil coin cold comb come comet cone cook cool copy cord core cork
corn couch count couple court cousin cover cow craft crane cream crew crisp crop cross crumb crust cube cup curb
curve cut daily dairy daisy damp dance dark dart dash data day deal dear deck deep deer delta denim depend depth dew
dial diary did dig dinner dish dive dock does dog doll dome door dough dove down draft drama draw dream dress drift
drill drink drive drum duck dune dust duty each eager ear early earn easel eat echo edit egg elder elect elm else
ember empty end enjoy enter equal era error even event ever every exact exist exit expand fabric face fact fair fall
fame far farm father favor feed fern few fiber field fig fill film final fire firm fit fix flag flame flash flax
fleet float flock flour flow fluid flute fly foam focus fog foil fold folk follow food for force forest forget fork
fort forty found four fox free fresh frog from front full fun fund game garden gas gate gave gentle giant gift give
glad glass glove glow glue goal goat gold golf good goose grab grace grade grain graph grass gray great green grid
grill grin grip grove grow guard guess guest guide gulf habit hair half hall hand handle happy hard has haven hawk
hay hazel hear heart heat heavy hedge heel hemp her herb here heron high hill him hinge hint hold hollow holly home
honey hood hoof hook hoop hope horse host hotel hour house how huge human hut image inch index info inlet input iris
iron issue item its ivory jade jam jar jeans job join joint joy judge juice july jump june junior just kayak keen
keep key kid kind king kit kite kitten knee knit knob knot koala lace ladder lake lamb lamp land lane laser last
late laugh law lawn lay layer learn least leave led ledge left leg legal lemon lens less level lever lift light like
lilac lily line linen link lion live loan local log long loop lot loud lounge love lunar lunch mail main many map
march mark mask mason mass mat maybe mean medal media meet melon member mend menu merit metal might mild mile milk
mill mind mine mint miss mist mix model money month more most motor mouse mouth move mud mug mural music must name
native navy near neat need needle nest never new next nice night nine noble none nor north nose not note now nut oak
oar oasis oat ocean offer old olive one only onto opal open orange orbit order organ other our out outer oval oven
over owl own pace pack page paint pair palm pan panda panel paper parade park party pass past pasta paste patch
patio pause peace peach pear pearl people perch phone photo phrase piano pie piece pin pine pink pint pipe pitch
pixel pizza place plain plan plane plate play plaza please plot plum plus pocket poem poet polar pond pool porch
port pound press price pride prime prism prize proof proud pull pump pupil puppy purple push put quail queen quest
quick quiet quill quilt quite quote raft rail raise ramp range rapid rate raven ray reach ready real realm recipe
reduce reed reef rent reply report rest rice ride right ring rinse ripe river road roast robin role roll room rope
rose rough round route row ruby rug rule rural rush rust rustic rye sage sail salad salmon salt same sand satin
sauce say scarf scene score scout seal seat see seek seem send serve set seven shade shake shape share she shed
sheep sheet shelf shell shift shine shirt shoe shop shore short show shut side sign silver since sing sit site size
skill skin skip sky slice slow small smart smile snow soap sock soda soft solar solid some son song soul sound soup
source south spark speed spell spend spice spot square staff stair star start state stay steam steel stem stick
stock stone stool stop store storm story stove strap straw stream study style such sun sunny supply sure swift swing
syrup tail take talk tall tank tape target task tax tea teach team ten tent test text than thank that the them then
there they thin think third this three throw thus tide tidy tie tiger tile timber time tin tiny tip title toast toe
token told tomato tone too took tool topic torch total tower town toy trace trade trail train tram tray trend trial
trunk truth try tube tulip tuna tune tunnel turn turtle tutor twenty twice twig twin two under unify union unit
until upon usual valve vapor vase vast vent verse very vest view villa vine vital vote wagon wait wake walk walnut
want was watch water wax way weave week weight well west whale what wheel where which while whole why wide willow
win wing winter wire wise wish with wood wool work would wren write writer yard yarn year yellow yes yet yoga you
young your zebra zero zest
`
  .trim()
  .split(/\s+/);

/** What descriptions are made of; longer words on average. The earlier a word stands here, the more often it is drawn. */
export const textWords: readonly string[] = `
seed workshop gain literature magazine police country technology lightweight surprise promise carefully herd muffin
against detail remain highlight jolly spruce go pure student another eye world crown security journal kernel rotate
schedule office blanket circle master bright recent employee volume structure except friend nowhere cape urban
network explore single pleasure previous moon hospital quiz value average comfortable career author movement former
pastry estate coconut success fence scale motion evening flavor find health castle economy throat spread trouble
relate mystery neighbor annual family parcel pot september border garlic cocoa pretty frost certain verb basket
anything jasper fortune challenge physical toughest bus were meal district any his control wind loyal sofa kitchen
program fond switch cotton understand power climb cheese anywhere practice vacation loaf debate radish person remote
account saddle effective balance rich become morning worker tree in feel effort popular secret safe series entire
due environment weather return college company violet earth surf still fuel consider minute durable marina future
increase natural bring cultural bar problem known shield common crowd modest expensive novel string wear path
relationship doorway dawn once suddenly frame batch met jelly cloud grand it garage alone step growth gather dollar
news airport standard jazz across indigo ground football harbor contract zinc improve thumb spring century puzzle
cheer paddle label truck industry robot beside form invite especially manage second color get village simply term
tend skate at leader region player copper should pony graceful whether sense careful november either different knife
laughter significant sometimes soldier choice use october sample helmet later group result perform by exchange
maintain document character center leaf gem into rock strong capital visible forward decide protect outdoor bucket
express magic coral collar match ordinary quarter oil add banana eagle collect feature gravel neck campaign memory
pencil discover welcome response melody themselves somebody insect handsome process quartz corporate fashion suggest
opportunity ferry rain positive station condition adopt voyage military mount table wrap weekend wonder keyboard
double wage settle jewel strength repair knowledge strategy festival cap disc yesterday yourself myth vegetable
velvet contain have shoulder dry plenty arm fan organize radar simple surface up marble rise busy school handmade
harp quickly finger executive something quarry barley edge voice will know maple cost interesting eleven help bean
creek treat ranch extra southern hide woman moss stitch nearly message volunteer rake sharp street letter horizon
decade topaz read harmony behavior central reflect bacon university indicate mention ice powder warm pulse million
flexible height successful believe senior fine example tradition noon or record everything floor camp lock bolt
finish prove little platform sweet mother number everybody large wave hammer champion medicine vanity without farmer
hat journey together run musician certainly system ridge concern when necessary reason carrot race button require
often humble pillow behave no speak parent plastic butter basic sled winner proper let ink nickel discuss quality
produce track ease whatever stew demand limit include lime despite dragon summer tale arrange sea ginger royal eight
because root visor present sort lid stainless prevent saffron yield customer figure achieve element bead everywhere
desk western elbow faith painting much occasion someone original stretch spin history remember on continue towel
lady doctor breakfast market landscape coffee today ticket gallery could television jungle smooth display apple
manner period similar portable reveal ask borrow meeting government saturday establish peak wash nothing hundred
special stand chalk cactus design though list genuine measure herself address six soon personal chart property
institute print done identify computer meadow private nation globe excellent dot creature as my lose puddle create
engine several deliver degree railway roof myself tennis whisper public silk class east everyone answer sleep lesson
policy screen among off first gravity onion expert wednesday upper around regular foreign receive twelve marsh sell
question interview plow exciting look ribbon sugar position exercise before attend grandmother material touch
recognize tomorrow flower outside distance honest director delivery kettle thousand elegant individual vessel visit
may stamp generation corner mirror describe pier clever fiddle treasure teacher ship manager science matter carpet
true animal major these spare fish radio middle vehicle unique nature limited versatile us otter sister rhythm
involve service catch powerful spiral boost better pick almond speech himself hobby usually pole already operation
valley trip island boat low bottom grape generally charm available he net wealth birthday through children foot so
tour majority universe window pebble ancient arrive flat remarkable guitar luck amazing article parrot citrus owner
moment recently project fruit league choose happen building suit opera movie space explain course awake vendor slide
laundry interest evidence section although desert studio experience sport planet waterproof we swim magnet snack
chance belong rocket county modern fast margin pattern subject enough idea represent slate easy energy wolf aspect
carbon candle award january body perhaps make however realize define notice thrive season complete vitamin rudder
electric picture dozen theory comfort polish cruise spray chicken option mall word change length pocketbook hello
head per their effect potato output develop wheat bill bicycle toward february friendly picnic sleeve age ensure
larch tonight cobalt audience calendar orchid prepare perfect if curl difference anchor financial partner stable
thing top difficult jacket imagine cedar holiday president throughout chase sketch save date merry lead current
nylon raisin cozy mango spoon worth beautiful alarm camera rescue eighteen cherry cell trust inside wall furniture
five brick gallon exam rabbit society delicate within official between ivy important respond hero logic barely
differ direct ability rather temple always behind horn fantastic tell travel income captain situation of benefit
violin famous method drop signal flight encourage resource bottle tailored noise information expect profit library
branch provide activity me feast practical during mission decision taste part language freedom listen social
approach pepper education training wonderful artist bear bedroom mountain supper also point compare probably plant
search product zone impact patrol attention possible red type stationery narrow brother classic file lawyer business
curious specific pilot poplar machine meter stage culture cycle palace thick mentor leather listener soil wardrobe
those object to lend
`
  .trim()
  .split(/\s+/);

/** Stand between two words of a description, and make it read and compress like English. */
export const linkWords: readonly string[] =
  'the of and to in a is for it with as on by at from or but not its over'.split(' ');

/** How many a sentence of a description begins. */
export const openings: readonly string[] = `
Made for the|Goes well with|Comes with a|Ideal for every|Now in|Also available in|A little|Inspired by the
Designed for|Made by hand from|Not just for|As good as the|Pairs nicely with|Packed with|A gift for the|Ready for any
`
  .trim()
  .split(/[|\n]/);
