CREATE TABLE `market_state` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`session_symbol` integer NOT NULL,
	`time` integer NOT NULL,
	`state` text NOT NULL,
	`reason` text NOT NULL,
	`since` integer NOT NULL,
	`crossed_since` integer,
	FOREIGN KEY (`session_symbol`) REFERENCES `session_symbol`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `market_state_time` ON `market_state` (`session_symbol`,`time`,`id`);