CREATE TABLE `live_source` (
	`venue` text NOT NULL,
	`market` text NOT NULL,
	`added_at` integer NOT NULL,
	PRIMARY KEY(`venue`, `market`)
);
