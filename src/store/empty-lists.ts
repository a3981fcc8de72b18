import { HandleEmptyInListsPlugin, replaceWithNoncontingentExpression } from "kysely";

/** What is in an empty list: nothing. SQL itself has no word for it. */
export const emptyLists = new HandleEmptyInListsPlugin({ strategy: replaceWithNoncontingentExpression });
