/** Given names, roughly the most common ones first. */
export const firstNames: readonly string[] = `
Michael Jennifer David Christopher John James Jessica Robert Matthew Amanda Daniel Ashley William Joshua Sarah
Elizabeth Joseph Lisa Brian Michelle Andrew Melissa Kimberly Nicole Jason Stephanie Amy Mary Richard Anthony Emily
Kevin Thomas Justin Heather Ryan Jonathan Angela Brandon Rebecca Timothy Eric Laura Steven Rachel Jeffrey Megan
Nicholas Jacob Tyler Christina Samantha Mark Lauren Charles Adam Katherine Kelly Alexander Benjamin Kyle Andrea
Scott Patrick Sean Stephen Danielle Aaron Zachary Courtney Maria Erin Hannah Julie Patricia Victoria Karen Jamie
Gregory Tiffany Crystal Alexis Jose Samuel Kathryn Susan Paul Shannon Nathan Sara Vanessa Linda Jordan Kenneth Bryan
Natalie Cynthia Dustin Anna Travis Chad Jeremy Tammy Allison Monica Erica Olivia Alyssa Jesse Cody Brittany Tracy
Taylor Peter Cheryl Edward Veronica Dana Leslie Abigail Juan Sharon Caitlin Derek Wendy Diana Shawn Donald Barbara
Marcus Ronald Bradley Gary Kristin Morgan Jasmine Evan George Kathleen Haley Nancy Holly Antonio Luis Sandra Pamela
Alicia Ian Cassandra Carlos Gabriel Cory Kayla Sheila Bryce Joel Brenda Alex Trevor Catherine Blake Denise Margaret
Phillip Marissa Brett Julia Tina Dawn Angel Brooke Deborah Raymond Frank Gina Molly Miguel Grace Austin Carrie
Kristen Christian Robin Douglas Keith Jill Wesley Brandy April Carla Sabrina Kaitlyn Seth Claire Larry Mitchell
Jared Sydney Derrick Chelsea Leah Vincent Lindsay Kathy Casey Mackenzie Desiree Mario Adrian Cindy Todd Caroline
Lori Colleen Jerry Isaac Ruben Ricardo Sophia Hunter Craig Dylan Katie Theresa Melanie Dennis Logan Kara Kristina
Bethany Ethan Terri Tonya Shelby Alan Jeffery Kendra Marie Martin Natasha Gabrielle Rhonda Kaylee Tanya Summer Randy
Darren Victor Cameron Henry Audrey Curtis Edwin Shane Rodney Joanna Valerie Jenna Destiny Shelly Ariel Lucas Tara
Beth Carol Walter Troy Meghan Virginia Ana Russell Felicia Lance Jack Spencer Johnny Bailey Kimberley Jorge Ann
Francisco Hayley Stacy Paige Ernest Bobby Philip Marcia Arthur Helen Rachael Albert Lawrence Stacey Gerald Terry
Annette Janet Carolyn Teresa Hector Alejandro Joe Stanley Roy Max Karl Ruth Rose Ralph Alice Louis Maurice Doris
Wanda Bruce Eugene Harold Leonard Norman Ray Fred Glenn Howard Clarence Roger Willie Jimmy Billy Carl Wayne Dale
Marvin Manuel Leon Warren Francis Clifford Melvin Dean Lewis Marion Tom Theodore Clyde Gordon Hazel Esther Irene
Lillian Florence Edna Eva Ethel Ellen Elaine Marjorie Charlotte Lucille Joyce Judith Judy Jean Betty Dorothy Donna
Gloria Jane Janice Martha Frances Evelyn Rosa Sylvia Josephine Thelma Lois Tamara Joan Shirley Phyllis Norma Paula
Diane Peggy Bonnie Yolanda Sherry Vivian Roberta Jacqueline Marilyn Charlene Beverly Loretta Regina Geraldine
Eleanor Yvonne Anita Rita Connie Arlene Marlene Priscilla Naomi Nora Stella Violet Willow Aurora Hugo Oscar Felix
Otto Simon Tobias Elias Owen Liam Noah Mason Aiden Caleb Connor Landon Colton Wyatt Levi Eli Miles Silas Jude Ezra
Rowan Emmett Everett Graham Griffin Jasper Julian Kai Leo Nolan Reid Quinn Roman Sawyer Tristan Xavier Zane Ada
Amelia Ava Bella Chloe Clara Daisy Eden Elena Ella Eliza Emma Faith Fiona Freya Georgia Harper Iris Isabel Isla Ivy
Jade June Kira Layla Lila Lucy Luna Mabel Maya Mia Mila Nadia Nina Noelle Opal Penelope Phoebe Piper Quincy Ruby
Sadie Savannah Scarlett Selena Sienna Skylar Tessa Thea Uma Vera Wren Yara Zoe Zara Alvin Amos Barry Basil Bernard
Calvin Cecil Chester Clark Clayton Clinton Conrad Dallas Damon Darius Darryl Dominic Dwight Earl Edgar Edmund Elliot
Elmer Emanuel Fernando Floyd Forrest Garrett Gavin Gilbert Grant Harvey Herbert Homer Ignacio Irving Ivan Javier
Jerome Kirk Kurt Lamar Leland Lloyd Lorenzo Luther Malcolm Marshall Micah Milton Morris Nelson Neil Omar Orlando
Pablo Pedro Percy Preston Rafael Ramon Reginald Rex Roland Ross Rudolph Salvador Sergio Sheldon Sidney Terrence
Tyrone Vernon Wallace Wendell Wilbur Winston
`
  .trim()
  .split(/\s+/);

/** Family names, roughly the most common ones first. */
export const lastNames: readonly string[] = `
Smith Johnson Williams Brown Jones Miller Davis Garcia Rodriguez Martinez Wilson Anderson Taylor Hernandez Thomas
Moore Martin Jackson Thompson White Lopez Lee Gonzalez Harris Clark Lewis Robinson Walker Perez Hall Young Allen
Sanchez Wright King Scott Green Baker Adams Nelson Hill Ramirez Campbell Mitchell Roberts Carter Phillips Evans
Turner Torres Parker Collins Edwards Stewart Flores Morris Nguyen Murphy Rivera Cook Rogers Morgan Peterson Cooper
Reed Bailey Bell Gomez Kelly Howard Ward Cox Diaz Richardson Wood Watson Brooks Bennett Gray James Reyes Cruz Hughes
Price Myers Long Foster Sanders Ross Morales Powell Sullivan Russell Ortiz Jenkins Gutierrez Perry Butler Barnes
Fisher Henderson Coleman Simmons Patterson Jordan Reynolds Hamilton Graham Kim Gonzales Alexander Ramos Wallace
Griffin West Cole Hayes Chavez Gibson Bryant Ellis Stevens Murray Ford Marshall Owens Mcdonald Harrison Ruiz Kennedy
Wells Alvarez Woods Mendoza Castillo Olson Webb Washington Tucker Freeman Burns Henry Vasquez Snyder Simpson
Crawford Jimenez Porter Mason Shaw Gordon Wagner Hunter Romero Hicks Dixon Hunt Palmer Robertson Black Holmes Stone
Meyer Boyd Mills Warren Fox Rose Rice Moreno Schmidt Patel Ferguson Nichols Herrera Medina Ryan Fernandez Weaver
Daniels Stephens Gardner Payne Kelley Dunn Pierce Arnold Tran Spencer Peters Hawkins Grant Hansen Castro Hoffman
Hart Elliott Cunningham Knight Bradley Carroll Hudson Duncan Armstrong Berry Andrews Johnston Ray Lane Riley
Carpenter Perkins Aguilar Silva Richards Willis Matthews Chapman Lawrence Garza Vargas Watkins Wheeler Larson
Carlson Harper George Greene Burke Guzman Morrison Munoz Jacobs Obrien Lawson Franklin Lynch Bishop Carr Salazar
Austin Mendez Gilbert Jensen Williamson Montgomery Harvey Oliver Howell Dean Hanson Weber Garrett Sims Burton Fuller
Soto Mccoy Welch Chen Schultz Walters Reid Fields Walsh Little Fowler Bowman Davidson May Day Schneider Newman
Brewer Lucas Holland Wong Banks Santos Curtis Pearson Delgado Valdez Pena Rios Douglas Sandoval Barrett Hopkins
Keller Guerrero Stanley Bates Alvarado Beck Ortega Wade Estrada Contreras Barnett Caldwell Santiago Lambert Powers
Chambers Nunez Craig Leonard Lowe Rhodes Byrd Gregory Shelton Frazier Becker Maldonado Fleming Vega Sutton Cohen
Jennings Parks Mcdaniel Watts Barker Norris Vaughn Vazquez Holt Schwartz Steele Benson Neal Dominguez Horton Terry
Wolfe Hale Lyons Graves Haynes Miles Park Warner Padilla Bush Thornton Mccarthy Mann Zimmerman Erickson Fletcher
Mckinney Page Dawson Joseph Marquez Reeves Klein Espinoza Baldwin Moran Love Robbins Higgins Ball Cortez Griffith
Bowen Sharp Cummings Ramsey Hardy Swanson Barber Acosta Luna Chandler Blair Daniel Cross Simon Dennis Oconnor Quinn
Gross Navarro Moss Fitzgerald Doyle Mclaughlin Rojas Rodgers Stevenson Singh Yang Figueroa Harmon Newton Paul
Manning Garner Mcgee Reese Francis Burgess Adkins Goodman Curry Brady Christensen Potter Walton Goodwin Mullins
Molina Webster Fischer Campos Avila Sherman Todd Chang Blake Malone Wolf Hodges Juarez Gill Farmer Hines Gallagher
Duran Hubbard Cannon Miranda Wang Saunders Tate Mack Hammond Carrillo Townsend Wise Ingram Barton Mejia Ayala
Schroeder Hampton Rowe Parsons Frank Waters Strickland Osborne Maxwell Chan Deleon Norman Harrington Casey Patton
Logan Bowers Mueller Glover Floyd Hartman Buchanan Cobb French Kramer Mccormick Clarke Tyler Gibbs Moody Conner
Sparks Mcguire Leon Bauer Norton Pope Flynn Hogan Robles Salinas Yates Lindsey Lloyd Marsh Mcbride Owen Solis Pham
Lang Pratt Lara Brock Ballard Trujillo Shaffer Drake Roman Aguirre Morton Stokes Lamb Pacheco Patrick Cochran
Shepherd Cain Burnett Hess Li Cervantes Olsen Briggs Ochoa Cabrera Velasquez Montoya Roth Meyers Cardenas Fuentes
Weiss Wilkins Hoover Nicholson Underwood Short Carson Morrow Colon Holloway Summers Bryan Petersen Mckenzie Serrano
Wilcox Carey Clayton Poole Calderon Gallegos Greer Rivas Guerra Decker Collier Wall Whitaker Bass Flowers Davenport
Conley Houston Huff Copeland Hood Monroe Massey Roberson Combs Franco Larsen Pittman Randall Skinner Wilkinson Kirby
Cameron Bridges Anthony Richard Kirk Bruce Singleton Mathis Bradford Boone Abbott Charles Allison Sweeney Atkinson
Horn Jefferson Rosales York Christian Phelps Farrell Castaneda Nash Dickerson Bond Wyatt Foley Chase Gates Vincent
Mathews Hodge Garrison Trevino Villarreal Heath Dalton Valencia Callahan Hensley Atkins Huffman Roy Boyer Shields
Lin Hancock Grimes Glenn Cline Delacruz Camacho Dillon Parrish Oneill Melton Booth Kane Berg Harrell Pitts Savage
Wiggins Brennan Salas Marks Russo Sawyer Baxter Golden Hutchinson Liu Walter Mcdowell Wiley Rich Humphrey Johns Koch
Suarez Hobbs Beard Gilmore Ibarra Keith Macias Khan Andrade Ware Stephenson Henson Wilkerson Dyer Mcclure Blackwell
Mercado Tanner Eaton Clay Barron Beasley Oneal Preston Small Wu Zamora Macdonald Vance Snow Mcclain Stafford Orozco
Barry English Shannon Kline Jacobson Woodard Huang Kemp Mosley Prince Merritt Hurst Villanueva Roach Nolan Lam Yoder
Mccullough Lester Santana Valenzuela Winters Barrera Leach Orr Berger Mckee Strong Conway Stein Whitehead Bullock
Escobar Knox Meadows Solomon Velez Odonnell Kerr Stout Blankenship Browning Kent Lozano Bartlett Pruitt Buck Barr
Gaines Durham Gentry Mcintyre Sloan Melendez Rocha Herman Sexton Moon Hendricks Rangel Stark Lowery Hardin Hull
Sellers Ellison Calhoun Gillespie Mora Knapp Mccall Morse Dorsey Weeks Nielsen Livingston Leblanc Mclean Bradshaw
Glass Middleton Buckley Schaefer Frost Howe House Mcintosh Pennington Reilly Hebert Mcfarland Hickman Noble Spears
Conrad Arias Galvan Velazquez Huynh Frederick Randolph Cantu Fitzpatrick Mahoney Peck Villa Michael Donovan
Mcconnell Walls Boyle Mayer Zuniga Giles Pineda Pace Hurley Mays Mcmillan Crosby Ayers Case Bentley Shepard Everett
Pugh David Mcmahon Dunlap Bender Hahn Harding Acevedo Raymond Blackburn Duffy Landry Dougherty Bautista Shah Potts
Arroyo Valentine Meza Gould Vaughan Fry Rush Avery Herring Dodson Clements Sampson Tapia Bean Lynn Crane Farley
Cisneros Benton Ashley Mckay Finley Best Blevins Friedman Moses Sosa Blanchard Huber Frye Krueger Bernard Rosario
Rubio Mullen Benjamin Haley Chung Moyer Choi Horne Yu Woodward Ali Nixon Hayden Rivers Estes Mccarty Richmond Stuart
Maynard Brandt Oconnell Hanna Sanford Sheppard Church Burch Levy Rasmussen Coffey Ponce Faulkner Donaldson Schmitt
Novak Costa Montes Booker Cordova Waller Arellano Maddox Mata Bonilla Stanton Compton Kaufman Dudley Mcpherson
Beltran Dickson Mccann Villegas Proctor Hester Cantrell Daugherty Cherry Bray Davila Rowland Levine Madden Spence
Good Irwin Werner Krause Petty Whitney Baird Hooper Pollard Zavala Jarvis Holden Haas Hendrix Mcgrath Bird Lucero
Terrell Riggs Joyce Mercer Rollins Galloway Duke Odom Andersen Downs Hatfield Benitez Archer Huerta Travis Mcneil
Hinton Zhang Hays Mayo Fritz Branch Mooney Ewing Ritter Esparza Frey Braun Riddle Haney Kaiser Holder Chaney
Mcknight Gamble Vang Cooley Carney Cowan Forbes Ferrell Davies Barajas Shea Osborn Bright Cuevas Bolton Murillo Lutz
Duarte Kidd Key Cooke
`
  .trim()
  .split(/\s+/);
